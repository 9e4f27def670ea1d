import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type PipelineConfig } from '../../../skeleton/base/src/runtime/config/load.ts';
import {
  openAlerts,
  openExtractor,
  openLoader,
  openState,
  resourceOf,
} from '../../../skeleton/base/src/runtime/config/open.ts';
import { redact } from '../../../skeleton/base/src/runtime/config/secrets.ts';
import { PipelineError } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { MemoryLoader } from '../../../skeleton/base/src/runtime/testing/memory-loader.ts';

const PIPELINE = `name: daily-orders
connections:
  shop:
    type: ledger
    url: "\${SHOP_URL}"
    port: "\${SHOP_PORT:-5432}"
    tls: "\${SHOP_TLS:-true}"
  lake: { type: archive, path: "\${LAKE_PATH:-./lake}/\${LAKE_FOLDER}" }
resources:
  orders:
    source: { connection: shop, table: "\${TABLE:-orders}" }
    sink: { connection: lake, mode: merge, key: [id] }
    incremental: { cursor: updated_at, key: [id], lag: 2h }
    batchSize: 10
  customers:
    source: { connection: shop, table: customers }
    sink: { connection: lake }
    mode: full
alerts:
  webhook: { url: "\${ALERT_URL:-}", secret: "\${ALERT_SECRET:-}" }
state: { path: "\${STATE_PATH:-./data/state}", url: "\${STATE_DATABASE_URL:-}" }
`;

let directory: string;
let config: PipelineConfig;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'open-'));
  const path = join(directory, 'pipeline.yaml');
  await writeFile(path, PIPELINE);
  config = await loadConfig(path, { connectorDirectories: [join(import.meta.dirname, 'connectors')] });
});
afterAll(() => rm(directory, { recursive: true }));

const SHOP_URL = 'ledger://reader:s3cr3t-w%C3%B6rd@db.example/shop';

async function received(resource: string, environment: Record<string, string>): Promise<unknown> {
  const extractor = openExtractor(config, resource, { environment });
  for await (const batch of extractor.extract({ firstSequence: 1 })) return batch.rows()[0];
  return undefined;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PipelineError && error.exitCode === 64) return error.message.replaceAll(directory, '');
    throw error;
  }
  return 'nothing was thrown';
}

describe('the model', () => {
  it('fills in what is left out', () => {
    expect(config.resources.customers).toEqual({
      source: { connection: 'shop', table: 'customers' },
      sink: { connection: 'lake', mode: 'append' },
      mode: 'full',
      schemaEvolution: 'manual',
      batchSize: 20_000,
      deadLetters: { max: 100, share: 0.05, window: 10_000 },
      deadlines: { source: 900, sink: 900, retry: 120 },
      shards: 1,
      verify: false,
    });
    expect(config.alerts.deadLetters).toBe(1);
    expect(resourceOf(config, 'orders').incremental?.lag).toEqual({ seconds: 7_200 });
  });

  it('names the resources where one does not exist', () => {
    expect(messageOf(() => resourceOf(config, 'order'))).toBe(
      'There is no resource order; the resources are orders, customers.',
    );
  });
});

describe('opening a connection', () => {
  it('resolves references and reads numbers and truth values in them', async () => {
    expect(await received('orders', { SHOP_URL, SHOP_PORT: '6000', SHOP_TLS: 'false', TABLE: '5' })).toEqual({
      url: SHOP_URL,
      port: 6000,
      tls: false,
      table: '5',
      resource: 'orders',
      stream: 'daily-orders/orders',
      batchSize: 10,
      incremental: { cursor: 'updated_at', key: ['id'], merges: true, lag: { seconds: 7_200 } },
    });
  });

  it('takes defaults for variables that are unset or empty', async () => {
    expect(await received('customers', { SHOP_URL, SHOP_PORT: '' })).toMatchObject({ port: 5432, tls: true });
  });

  it('gives no cursor to a full read', async () => {
    expect(await received('customers', { SHOP_URL })).not.toHaveProperty('incremental');
  });

  it('names every missing variable and where it is used', () => {
    expect(messageOf(() => openExtractor(config, 'orders', { environment: {} }))).toBe(
      '/pipeline.yaml:5:10 connections.shop.url: environment variable SHOP_URL is not set\n' +
        '  hint: set SHOP_URL in the environment, or in the file .env for local work',
    );
    expect(messageOf(() => openLoader(config, 'orders', { environment: {} }))).toContain(
      'environment variable LAKE_FOLDER is not set',
    );
  });

  it('says where a variable makes an option wrong', () => {
    expect(messageOf(() => openExtractor(config, 'orders', { environment: { SHOP_URL, SHOP_PORT: '70000' } }))).toBe(
      '/pipeline.yaml:6:11 connections.shop.port: must be at most 65535, found 70000',
    );
    expect(messageOf(() => openExtractor(config, 'orders', { environment: { SHOP_URL, SHOP_PORT: 'many' } }))).toBe(
      '/pipeline.yaml:6:11 connections.shop.port: must be a number, found "many"',
    );
  });

  it('gives a loader', () => {
    expect(openLoader(config, 'orders', { environment: { LAKE_FOLDER: 'x' } })).toBeInstanceOf(MemoryLoader);
  });

  it('hides secrets from then on', () => {
    openExtractor(config, 'orders', { environment: { SHOP_URL } });
    expect(redact('password s3cr3t-wörd or s3cr3t-w%C3%B6rd of reader')).toBe('password *** or *** of reader');
    expect(redact(`cannot connect to ${SHOP_URL}`)).toBe('cannot connect to ledger://reader:***@db.example/shop');
  });
});

describe('alerts and state', () => {
  it('have no webhook where its URL is empty', () => {
    expect(openAlerts(config, {})).toEqual({ deadLetters: 1 });
  });

  it('resolve the webhook and hide it', () => {
    const environment = { ALERT_URL: 'https://hooks.example/services/T0/B1', ALERT_SECRET: '' };
    expect(openAlerts(config, environment)).toEqual({
      deadLetters: 1,
      webhook: { url: environment.ALERT_URL, template: 'generic' },
    });
    expect(redact(`POST ${environment.ALERT_URL} failed`)).toBe('POST *** failed');
  });

  it('resolve the database of the state, whose password is hidden, and leave it out where its variable is empty', () => {
    const url = 'postgres://etl:state-password@state.example/etl';
    expect(openState(config, { STATE_DATABASE_URL: url })).toMatchObject({ url });
    expect(redact('password state-password is wrong')).toBe('password *** is wrong');
    expect(openState(config, { STATE_DATABASE_URL: '' })).not.toHaveProperty('url');
    expect(() => openState(config, { STATE_DATABASE_URL: './state' })).toThrow('is not a URL like postgres://');
  });

  it('resolve the folders', () => {
    expect(openState(config, { STATE_PATH: '/var/state' })).toEqual({
      path: '/var/state',
      deadLetters: './data/dead-letters',
    });
  });
});
