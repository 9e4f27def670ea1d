import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { DeadLetterStore } from '../../skeleton/base/src/runtime/dead-letters/dead-letter-store.ts';
import { FileDeadLetterStore } from '../../skeleton/base/src/runtime/dead-letters/file-store.ts';
import { openDeadLetterStore } from '../../skeleton/connectors/postgres/src/runtime/dead-letters/postgres/index.ts';
import { createDatabase, type OwnDatabase } from '../support/database.ts';
import { FAILPOINT_VARIABLE, type Failpoint, STEP_DESCRIPTOR } from './failpoint.ts';
import type { Route, SinkName } from './kill/routes.ts';
import { deltaSink, folderSink, type Sink, tableSink } from './kill/sinks.ts';
import { type Ended, ended, renderServices, type Service } from './service.ts';

const FAILPOINTS = fileURLToPath(new URL('failpoints.ts', import.meta.url));
/** Kills of one sink; all steps are tried when it is `all`. */
const KILLS = process.env.REPLAY_KILLS === 'all' ? Number.POSITIVE_INFINITY : 8;
const COPY = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
const HEADER = 'order_id,customer_id,country,currency,quantity,unit_price,status,ordered_at,updated_at';

let rendered: Service;

beforeAll(async () => {
  [rendered] = (await renderServices([{ sources: ['files'], sinks: ['files', 'delta', 'postgres'] }])) as [Service];
});
afterAll(() => rendered.remove());

interface Listed {
  readonly id: string;
  readonly run: string;
  readonly stage: string;
  readonly record: { readonly order_id?: unknown };
  readonly parent?: string;
  readonly replayed?: { readonly run: string };
  readonly failures?: readonly { readonly run: string }[];
}

/** What a manifest says about a replay. */
interface Recorded {
  readonly id: string;
  readonly status: string;
  readonly replay?: { readonly letters: number; readonly runs: readonly string[] };
}

/** A service whose first run has left dead letters, most of which its code takes by now. */
class Replays {
  readonly service: Service;
  readonly environment: Record<string, string>;
  readonly database: OwnDatabase;
  readonly sink: Sink;

  private constructor(service: Service, database: OwnDatabase, sink: Sink, environment: Record<string, string>) {
    this.service = service;
    this.database = database;
    this.sink = sink;
    this.environment = environment;
  }

  static async open(name: SinkName): Promise<Replays> {
    const service = rendered.copy();
    const database = await createDatabase(inject('postgresUrl'));
    const route: Route = { source: 'files', sink: name, mode: 'append', format: 'ndjson' };
    const sinks = { files: () => folderSink(service, route), delta: () => deltaSink(service) };
    const sink = name === 'postgres' ? tableSink(database, route) : sinks[name]();
    // The letters of one of them are in PostgreSQL, too.
    const letters = name === 'postgres' ? database.url : './data/dead-letters';
    return new Replays(service, database, sink, {
      WAREHOUSE_DATABASE_URL: database.url,
      DEAD_LETTERS: letters,
      LOG_LEVEL: 'silent',
      SINK: { files: 'exports', delta: 'lake', postgres: 'warehouse' }[name],
    });
  }

  /** As after the first run, and after the contract was mended. */
  async reset(): Promise<void> {
    const { service, database } = this;
    rmSync(service.path('data'), { recursive: true, force: true });
    if (existsSync(service.path('first-run'))) {
      cpSync(service.path('first-run'), service.path('data'), COPY);
      return;
    }
    await database.sql(
      'DROP TABLE IF EXISTS orders, etl_checkpoints, etl_dead_letter_failures, etl_dead_letters CASCADE',
    );
    const landing = service.path('data/landing/orders');
    writeTree(landing, 'orders.csv', [
      HEADER,
      ...['DE', 'aa', 'FR', 'bb', '?', 'cc', 'dd'].map((country, index) => {
        const quantity = country === 'cc' ? 0 : 1;
        return `${index + 1},7,${country},EUR,${quantity},19.99,paid,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z`;
      }),
    ]);
    writeFileSync(service.path('pipeline.yaml'), pipelineOf(this.environment.SINK ?? ''));
    this.#contract('[A-Z]');
    expect((await service.pipeline(['run'], this.environment)).code).toBe(0);
    this.#contract('[A-Za-z]');
    // What a database holds is made anew each time.
    const inFiles = this.environment.SINK !== 'warehouse';
    if (inFiles) cpSync(service.path('data'), service.path('first-run'), COPY);
  }

  /** Replays until the end, or until the failpoint. */
  async replay(failpoint?: Failpoint, ids: readonly string[] = []): Promise<Ended & { steps: string[] }> {
    const variables = { ...this.environment, ...(failpoint && { [FAILPOINT_VARIABLE]: JSON.stringify(failpoint) }) };
    const child = this.service.start(['dlq', 'replay', ...ids], variables, ['--import', FAILPOINTS]);
    let told = '';
    (child.stdio[STEP_DESCRIPTOR] as Readable).setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const end = await ended(child);
    return { ...end, steps: told.trimEnd().split('\n') };
  }

  /** Read where they are kept, which spares a process each time; what `dlq list` and `history` make of it is tested elsewhere. */
  async letters(): Promise<Listed[]> {
    const store = this.#letters();
    try {
      return (await Array.fromAsync(store.list())) as Listed[];
    } finally {
      await store.close();
    }
  }

  history(): readonly Recorded[] {
    using state = new DatabaseSync(this.service.path('data/state/state.db'), { readOnly: true });
    return state
      .prepare('SELECT manifest FROM runs')
      .all()
      .map(({ manifest }) => JSON.parse(String(manifest)));
  }

  #letters(): DeadLetterStore {
    const { DEAD_LETTERS: place = '' } = this.environment;
    const inDatabase = place.startsWith('postgres');
    return inDatabase ? openDeadLetterStore(place, 'orders') : new FileDeadLetterStore(this.service.path(place));
  }

  async orders(): Promise<unknown[]> {
    const contents = (await this.sink.contents()) ?? [];
    return contents.map((record) => Number(JSON.parse(record).order_id)).toSorted((left, right) => left - right);
  }

  async expectReplayed(): Promise<void> {
    // 5 fails where it failed before; 6 has come through the contract, and fails further behind.
    expect(await this.orders()).toEqual([1, 2, 3, 4, 7]);
    const letters = await this.letters();
    const open = letters.filter(({ replayed }) => replayed === undefined);
    expect(open.map(({ stage, record }) => [stage, Number(record.order_id)]).toSorted()).toEqual([
      ['contract', 5],
      ['validate', 6],
    ]);
    expect(letters).toHaveLength(6);
    const parent = letters.find(({ id }) => id === open.find(({ stage }) => stage === 'validate')?.parent);
    expect(Number(parent?.record.order_id)).toBe(6);
    const replays = new Map(this.history().flatMap((run) => (run.replay ? [[run.id, run.replay]] : [])));
    for (const { run, replayed } of letters) if (replayed) expect(replays.get(replayed.run)?.runs).toContain(run);
  }

  async close(): Promise<void> {
    this.service.remove();
    await this.database.drop();
  }

  #contract(letters: string): void {
    const file = this.service.path('src/resources/orders.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\[A-Z(?:a-z)?\](?=\{2\})/, letters));
  }
}

function writeTree(folder: string, name: string, lines: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}`, `${lines.join('\n')}\n`);
}

function pipelineOf(connection: string): string {
  const formats: Record<string, string> = { exports: ', format: ndjson' };
  return `name: orders
connections:
  landing: { type: files, path: ./data/landing }
  exports: { type: files, path: ./data/exports }
  lake: { type: delta, path: ./data/lake }
  warehouse: { type: postgres, url: "\${WAREHOUSE_DATABASE_URL}" }
resources:
  orders:
    source: { connection: landing, path: "orders/*" }
    sink: { connection: ${connection}, table: orders${formats[connection] ?? ''} }
    deadLetters: { share: 1 }
state: { deadLetters: "\${DEAD_LETTERS}" }
`;
}

/** The steps at which something is left behind, each once, evenly chosen. */
function chosen(steps: readonly string[]): Failpoint[] {
  const distinct = [...new Set(steps)].filter((step) => step !== '' && !/^(mkdir|rm|open|sync folder)/.test(step));
  const points = distinct.flatMap((step): Failpoint[] => [
    { step, occurrence: 1, when: 'during' },
    { step, occurrence: 1, when: 'after' },
  ]);
  const every = Math.max(1, points.length / KILLS);
  return Array.from({ length: Math.min(KILLS, points.length) }, (_, index) => points[Math.floor(index * every)]).filter(
    (point) => point !== undefined,
  );
}

describe.each<SinkName>(['files', 'delta', 'postgres'])('dlq replay into %s, which appends', (name) => {
  let replays: Replays;
  beforeAll(async () => {
    replays = await Replays.open(name);
  });
  afterAll(() => replays.close());

  test('replayed-once: killed at any step and run again, neither loses nor doubles a record', {
    timeout: 1_800_000,
  }, async () => {
    await replays.reset();
    const undisturbed = await replays.replay();
    expect(undisturbed.code, undisturbed.stderr).toBe(1);
    await replays.expectReplayed();
    let kills = 0;
    for (const failpoint of chosen(undisturbed.steps)) {
      await replays.reset();
      if ((await replays.replay(failpoint)).signal === 'SIGKILL') kills += 1;
      const again = await replays.replay();
      expect(again.code, `${JSON.stringify(failpoint)}\n${again.stderr}`).toBe(1);
      await replays.expectReplayed();
      await replays.replay();
      await replays.expectReplayed();
    }
    expect(kills).toBeGreaterThan(3);
  });

  test('what a killed replay had loaded is known, also when another letter is replayed next', async () => {
    await replays.reset();
    const letters = await replays.letters();
    const idOf = (order: number) => letters.find(({ record }) => Number(record.order_id) === order)?.id ?? '';
    const marks =
      name === 'postgres' ? 'postgres: update etl_dead_letters set' : 'appendFile data/dead-letters/orders.ndjson';
    const { signal, steps } = await replays.replay({ step: marks, occurrence: 1, when: 'before' }, [idOf(2), idOf(4)]);
    expect(signal, steps.join('\n')).toBe('SIGKILL');
    await replays.replay(undefined, [idOf(7)]);
    expect(await replays.orders()).toEqual([1, 2, 3, 4, 7]);
    await replays.replay();
    await replays.expectReplayed();
  });
});
