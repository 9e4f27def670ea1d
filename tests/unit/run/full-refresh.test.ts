import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadConfig, type PipelineConfig } from '../../../skeleton/base/src/runtime/config/load.ts';
import { writeModeOf } from '../../../skeleton/base/src/runtime/run/full-refresh.ts';

const RESOURCE = (name: string, sink: string, more = '') => `  ${name}:
    source: { connection: warehouse, table: orders }
    incremental: { cursor: updated_at, key: [id] }
    sink: { connection: warehouse, ${sink} }
${more}`;

let directory: string;
let config: PipelineConfig;
beforeAll(async () => {
  vi.stubEnv('WAREHOUSE_URL', 'postgres://nobody@localhost/shop');
  directory = await mkdtemp(join(tmpdir(), 'refresh-'));
  const path = join(directory, 'pipeline.yaml');
  await writeFile(
    path,
    `name: shop
connections:
  warehouse: { type: postgres, url: "\${WAREHOUSE_URL}" }
resources:
${RESOURCE('appended', 'table: appended')}
${RESOURCE('merged', 'table: merged, mode: merge, key: [id]', '    shards: 2')}
${RESOURCE('replaced', 'table: replaced, mode: replace', '    mode: full')}
${RESOURCE('sharded', 'table: sharded', '    shards: 2')}
${RESOURCE('shared', 'table: shared')}
${RESOURCE('sharing', 'table: public.shared, mode: merge, key: [id]')}
`,
  );
  const skeleton = join(import.meta.dirname, '../../../skeleton/connectors');
  config = await loadConfig(path, { connectorDirectories: [join(skeleton, 'postgres/src/runtime/connectors')] });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

it.each([
  ['appended', 'append', 'replace'],
  ['merged', 'merge', 'merge'],
  ['replaced', 'replace', 'replace'],
])('%s: a run has mode %s, a full refresh %s', (name, usually, refreshed) => {
  expect([writeModeOf(config, name, false), writeModeOf(config, name, true)]).toEqual([usually, refreshed]);
});

it.each([
  ['sharded', 'its shards end one by one', 'Set shards: 1'],
  ['shared', 'would remove the records that sharing wrote into the same sink', 'a sink of its own'],
])('a full refresh of %s is refused: %s', (name, message, hint) => {
  expect(writeModeOf(config, name, false)).toBe('append');
  expect(() => writeModeOf(config, name, true)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  );
});
