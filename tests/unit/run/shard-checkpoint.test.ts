import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type PipelineConfig } from '../../../skeleton/base/src/runtime/config/load.ts';
import type { Checkpoint } from '../../../skeleton/base/src/runtime/pipeline/position.ts';
import { planShards, requirePlanned } from '../../../skeleton/base/src/runtime/run/plan.ts';
import { checkpointOf, requireOneSharding } from '../../../skeleton/base/src/runtime/run/shard-checkpoint.ts';
import { MemoryLoader } from '../../../skeleton/base/src/runtime/testing/memory-loader.ts';
import { holdLease, openFolder } from '../../support/state.ts';

/** A sink that holds positions and nothing else. */
class PositionsLoader extends MemoryLoader {
  readonly positions: Map<string, Checkpoint>;

  constructor(positions: Readonly<Record<string, Checkpoint>>) {
    super();
    this.positions = new Map(Object.entries(positions));
  }

  override async checkpoint(stream = ''): Promise<Checkpoint | undefined> {
    return this.positions.get(stream);
  }

  override async streams(): Promise<readonly string[]> {
    return [...this.positions.keys()];
  }

  override async forget(streams: readonly string[]): Promise<void> {
    for (const stream of streams) this.positions.delete(stream);
  }
}

const RESOURCE = (name: string, rest: string) => `  ${name}:
    source: { connection: warehouse, table: orders }
    incremental: { cursor: updated_at, key: [id] }
    ${rest}
`;

let directory: string;
let config: PipelineConfig;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shards-'));
  const path = join(directory, 'pipeline.yaml');
  const skeleton = join(import.meta.dirname, '../../../skeleton/connectors');
  await writeFile(
    path,
    `name: shop
connections:
  warehouse: { type: postgres, url: "\${WAREHOUSE_URL}" }
resources:
${RESOURCE('appended', 'sink: { connection: warehouse, table: a }\n    shards: 3')}
${RESOURCE('merged', 'sink: { connection: warehouse, table: b, mode: merge, key: [id] }\n    shards: 2')}
${RESOURCE('reread', 'sink: { connection: warehouse, table: c }\n    mode: full\n    shards: 2')}
${RESOURCE('whole', 'sink: { connection: warehouse, table: d }')}
`,
  );
  const connectorDirectories = [join(skeleton, 'postgres/src/runtime/connectors')];
  config = await loadConfig(path, { connectorDirectories });
});
afterAll(() => rm(directory, { recursive: true }));

const at = (sequence: number, complete = true): Checkpoint => ({ sequence, position: { at: sequence }, complete });

function ask(
  name: string,
  count: number,
  positions: Readonly<Record<string, Checkpoint>>,
  { index = 0, fullRefresh = false } = {},
) {
  const loader = new PositionsLoader(positions);
  const shard = count === 1 ? undefined : { index, count };
  return { loader, answer: checkpointOf(loader, config, { name, shard, fullRefresh }) };
}

describe('the position of a shard', () => {
  it('is its own', async () => {
    const positions = { 'shop/appended#0of3': at(7), 'shop/appended#1of3': at(9), 'shop/appended/replay-0': at(1) };
    expect(await ask('appended', 3, positions, { index: 1 }).answer).toEqual(at(9));
    expect(await ask('appended', 3, positions, { index: 2 }).answer).toBeUndefined();
  });

  it('is that of the whole, where the resource was not split before; and its own from then on', async () => {
    const positions = { 'shop/appended': at(5), 'shop/appended#0of3': at(7) };
    expect(await ask('appended', 3, positions, { index: 0 }).answer).toEqual(at(7));
    expect(await ask('appended', 3, positions, { index: 1 }).answer).toEqual(at(5));
  });

  it.each([
    ['fewer shards', 1, { 'shop/appended#0of3': at(7) }, 3],
    ['fewer shards after a split', 1, { 'shop/appended': at(5), 'shop/appended#1of3': at(7) }, 3],
    ['more shards', 3, { 'shop/appended#0of2': at(7) }, 2],
    ['a second split', 3, { 'shop/appended#0of2': at(7), 'shop/appended': at(5) }, 2],
  ])('is refused with %s, by name and number', async (_, count, positions, before) => {
    await expect(ask('appended', count, positions).answer).rejects.toMatchObject({
      code: 'CONFIGURATION',
      where: { resource: 'appended' },
      hint: expect.stringContaining(`Set shards: ${before} again`),
    });
  });

  it('of a merge is refused too, until it starts over', async () => {
    const positions = { 'shop/merged#0of4': at(7), 'shop/merged#1of4': at(8) };
    await expect(ask('merged', 2, positions).answer).rejects.toThrow('was moved in 4 shards');
    const { loader, answer } = ask('merged', 2, positions, { fullRefresh: true });
    expect(await answer).toBeUndefined();
    expect(loader.positions.size).toBe(0);
  });

  it('of a full read begins anew, once the read in other shards has come to its end', async () => {
    const { loader, answer } = ask('reread', 2, { 'shop/reread': at(7), 'shop/reread/replay-0': at(1) });
    expect(await answer).toBeUndefined();
    expect([...loader.positions.keys()]).toEqual(['shop/reread/replay-0']);
    const unfinished = { 'shop/reread#0of3': at(7), 'shop/reread#1of3': at(8, false) };
    await expect(ask('reread', 2, unfinished).answer).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

describe('two numbers of shards at once', () => {
  it('are refused while the other one is being run', async () => {
    const other = await holdLease(directory, 'appended#1of2');
    const another = await holdLease(directory, 'merged');
    const store = await openFolder(directory);
    const { leases } = store;
    try {
      const shard = { index: 0, count: 3 };
      await expect(requireOneSharding(leases, { name: 'appended', shard })).rejects.toMatchObject({
        code: 'LOCKED',
        message: 'appended#1of2 is being run, which is not one of 3 shards.',
      });
      await requireOneSharding(leases, { name: 'appended', shard: { index: 0, count: 2 } });
    } finally {
      await other.release();
      await another.release();
    }
    await requireOneSharding(leases, { name: 'appended', shard: undefined });
    await store.close();
  });
});

describe('the plan', () => {
  it('names each shard of each resource once; what is not split belongs to the first process', () => {
    expect(planShards(config, Object.keys(config.resources))).toEqual([
      { shard: '0/3', resources: ['appended', 'merged', 'reread', 'whole'] },
      { shard: '1/3', resources: ['appended', 'merged', 'reread'] },
      { shard: '2/3', resources: ['appended'] },
    ]);
  });

  it('is the same for whoever starts the processes', () => {
    expect(requirePlanned(config, { index: 2, count: 3 })).toBe(2);
    expect(() => requirePlanned(config, { index: 0, count: 2 })).toThrow(
      '--shard 0/2 counts on 2 processes, and pipeline.yaml on 3.',
    );
  });
});
