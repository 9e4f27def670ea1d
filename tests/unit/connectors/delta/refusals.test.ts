import { randomUUIDv7 } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batch, type Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  DeltaLoader,
  type DeltaLoaderOptions,
} from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/loader.ts';

const schema: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: false }] };
const stream = 'orders/orders';
let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'delta-')), 'orders');
});
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }));

const loaderFor = (options: Partial<DeltaLoaderOptions> = {}) =>
  new DeltaLoader({ path, stream, writer: randomUUIDv7(), mode: 'append', ...options });
const batch = (sequence: number, rows: readonly Row[]) =>
  new Batch({ stream, sequence, position: { batch: sequence }, origin: 'test' }, { rows });
const refuseNone = async () => {
  throw new Error('No record is refused here.');
};

async function load(sequence: number, rows: readonly Row[] = [{ id: sequence }]): Promise<void> {
  const loader = loaderFor();
  await loader.prepare(schema);
  await loader.load(batch(sequence, rows), refuseNone);
  await loader.finish(true);
  await loader.close();
}

const logFile = (version: number) => join(path, '_delta_log', `${String(version).padStart(20, '0')}.json`);
const dataFiles = async () => (await readdir(path)).filter((name) => name.endsWith('.parquet'));

/** A table whose metadata and protocol somebody else wrote. */
async function foreignTable(
  protocol: object,
  metadata: { configuration?: object; fields?: readonly object[] } = {},
): Promise<void> {
  const fields = metadata.fields ?? [{ name: 'id', type: 'long', nullable: true, metadata: {} }];
  const metaData = {
    id: 'b5a8b9c0-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    partitionColumns: [],
    configuration: metadata.configuration ?? {},
  };
  await mkdir(join(path, '_delta_log'), { recursive: true });
  await writeFile(logFile(0), [{ protocol }, { metaData }].map((action) => `${JSON.stringify(action)}\n`).join(''));
}

describe('a table of others', () => {
  const basic = { minReaderVersion: 1, minWriterVersion: 2 };
  const features = (reader: string[], writer: string[]) => ({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: reader,
    writerFeatures: writer,
  });

  it.each([
    [{ minReaderVersion: 2, minWriterVersion: 5 }, 'reader version 2, writer version 5'],
    [features(['deletionVectors'], ['deletionVectors']), 'deletionVectors'],
    [features(['columnMapping'], ['columnMapping', 'domainMetadata']), 'columnMapping, domainMetadata'],
    [features([], ['checkConstraints']), 'checkConstraints'],
  ])('is refused when its protocol is %j', async (protocol, asked) => {
    await foreignTable(protocol);
    await expect(loaderFor().schema()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${path} asks its writers for ${asked}, which this connector does not support.`,
    });
    expect(await loaderFor().check()).toMatchObject([{ ok: true }, { ok: false }]);
  });

  it.each(['delta.invariants', 'delta.generationExpression'])('is refused when a column has %s', async (rule) => {
    await foreignTable(basic, {
      fields: [{ name: 'id', type: 'long', nullable: true, metadata: { [rule]: 'id > 3' } }],
    });
    await expect(loaderFor().schema()).rejects.toThrow(`${rule} of column id`);
  });

  it('is taken when it has no more than this connector knows', async () => {
    await foreignTable(features(['timestampNtz'], ['appendOnly', 'invariants', 'timestampNtz']));
    await load(1);
    await expect(loaderFor().schema()).resolves.toEqual({ fields: [{ ...schema.fields[0], nullable: true }] });
  });

  it('that only takes new records is not replaced', async () => {
    await foreignTable(basic, { configuration: { 'delta.appendOnly': 'true' } });
    await expect(loaderFor({ mode: 'replace' }).prepare(schema)).rejects.toThrow('only takes new records');
    await loaderFor().prepare(schema);
  });
});

describe('a log', () => {
  it('that is damaged is named with file and line', async () => {
    await load(1);
    await writeFile(logFile(1), '{"commitInfo":{}}\n{"add":{"path":', { flag: 'w' });
    await expect(loaderFor().schema()).rejects.toMatchObject({
      code: 'UNREADABLE',
      where: { file: logFile(1), line: 2 },
    });
  });

  it('with a gap is not read', async () => {
    await load(1);
    await load(2);
    await rm(logFile(1));
    await expect(loaderFor().schema()).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringContaining('the commit of version 1 is missing'),
    });
  });

  it('with a damaged checkpoint is not read', async () => {
    await load(1);
    const checkpoint = join(path, '_delta_log', '00000000000000000001.checkpoint.parquet');
    await writeFile(checkpoint, 'PAR1 but no more');
    await expect(loaderFor().schema()).rejects.toMatchObject({ code: 'UNREADABLE', where: { file: checkpoint } });
  });

  it('from which the position of the stream was cleaned up says what is missing', async () => {
    await load(1);
    const checkpointed = loaderFor({ stream: 'other' });
    for (let sequence = 1; sequence <= 9; sequence++) {
      await checkpointed.prepare(schema);
      await checkpointed.load(batch(sequence, [{ id: sequence }]), refuseNone);
      await checkpointed.finish(false);
    }
    for (let version = 0; version <= 9; version++) await rm(logFile(version));
    await expect(loaderFor().checkpoint(stream)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(checkpointed.checkpoint('other')).resolves.toMatchObject({ sequence: 9 });
  });
});

describe('a run that another one has taken over', () => {
  const by = { code: 'FENCED', exitCode: 75, message: expect.stringMatching(/^Run second has taken over orders/) };

  it('commits nothing on top of the other one, and leaves no file', async () => {
    const [first, second] = [loaderFor({ writer: 'first' }), loaderFor({ writer: 'second' })];
    await first.prepare(schema);
    await first.load(batch(1, [{ id: 1 }]), refuseNone);
    await second.prepare(schema);
    await second.load(batch(1, [{ id: 1 }]), refuseNone);
    await second.finish(true);
    await second.close();
    await expect(first.finish(true)).rejects.toMatchObject(by);
    await first.close();
    expect(await dataFiles()).toHaveLength(1);
  });

  it.each(['append', 'replace'] as const)('commits nothing before the other one does: %s', async (mode) => {
    await load(1);
    for (const begun of [true, false]) {
      const [first, second] = [loaderFor({ writer: 'first', mode }), loaderFor({ writer: 'second', mode })];
      await first.prepare(schema);
      if (begun) await first.load(batch(8, [{ id: 1 }]), refuseNone);
      await second.prepare(schema);
      const commit = async () => {
        await first.load(batch(9, [{ id: 2 }]), refuseNone);
        await first.finish(true);
      };
      await expect(commit()).rejects.toMatchObject(by);
      await first.close();
      await second.finish(false);
      await second.close();
    }
    expect(await loaderFor().checkpoint(stream)).toMatchObject({ sequence: 1 });
    expect(await readdir(path)).not.toContain('_staging');
  });

  it('notices before its first record when the other one has moved the stream', async () => {
    const first = loaderFor({ writer: 'first' });
    await first.checkpoint(stream);
    await load(1);
    await expect(first.prepare(schema)).rejects.toMatchObject({ code: 'LOCKED' });
    await first.close();
  });
});

describe('a second writer', () => {
  it('does not commit on top of a change of the columns', async () => {
    await load(1);
    const loader = loaderFor({ stream: 'other' });
    await loader.prepare(schema);
    await loader.load(batch(1, [{ id: 2 }]), refuseNone);
    await loaderFor().evolve([{ name: 'note', type: { kind: 'string' }, nullable: true }]);
    await expect(loader.finish(true)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('has changed the columns'),
    });
    await loader.close();
    expect(await dataFiles()).toHaveLength(1);
  });
});

describe('a batch', () => {
  it('that comes again after its commit is not written again', async () => {
    await load(1);
    const loader = loaderFor();
    await loader.prepare(schema);
    expect(await loader.load(batch(1, [{ id: 1 }]), refuseNone)).toEqual({ written: 1 });
    await loader.finish(true);
    expect(loader.recordsWritten).toBe(0);
    expect(loader.describe()).toMatch(/Delta version 1$/);
  });

  it('without records moves the position all the same', async () => {
    await load(1, []);
    await expect(loaderFor().checkpoint(stream)).resolves.toEqual({
      sequence: 1,
      position: { batch: 1 },
      complete: true,
    });
    expect(await dataFiles()).toEqual([]);
  });

  it('of a stopped run counts as incomplete until the source is read to its end', async () => {
    const loader = loaderFor();
    await loader.prepare(schema);
    await loader.load(batch(1, [{ id: 1 }]), refuseNone);
    await loader.finish(false);
    await expect(loader.checkpoint(stream)).resolves.toMatchObject({ sequence: 1, complete: false });
    const next = loaderFor();
    await next.prepare(schema);
    await next.finish(true);
    await expect(next.checkpoint(stream)).resolves.toMatchObject({ sequence: 1, complete: true });
  });

  it('that never came leaves a complete stream complete, when the run is stopped', async () => {
    await load(1);
    const loader = loaderFor();
    await loader.prepare(schema);
    await loader.finish(false);
    await expect(loader.checkpoint(stream)).resolves.toMatchObject({ sequence: 1, complete: true });
    expect(loader.describe()).toMatch(/Delta version 1$/);
  });

  it('is not seen before a replacement is complete', async () => {
    await load(1);
    const loader = loaderFor({ mode: 'replace' });
    await loader.prepare(schema);
    await loader.load(batch(2, [{ id: 9 }]), refuseNone);
    await loader.finish(false);
    await loader.close();
    expect(await dataFiles()).toHaveLength(1);
    await expect(loaderFor().checkpoint(stream)).resolves.toMatchObject({ sequence: 1 });
  });
});

describe('columns', () => {
  it('are refused when only their case differs', async () => {
    const twice = { fields: [...schema.fields, { name: 'ID', type: { kind: 'string' }, nullable: true } as const] };
    await expect(loaderFor().prepare(twice)).rejects.toThrow('cannot have the columns id and ID');
  });

  it('to partition by have to be there, and not be all', async () => {
    await expect(loaderFor({ partitionBy: ['day'] }).prepare(schema)).rejects.toThrow('no column day to partition by');
    await expect(loaderFor({ partitionBy: ['id'] }).prepare(schema)).rejects.toThrow('needs a column');
    await load(1);
    await expect(loaderFor({ partitionBy: ['id'] }).prepare(schema)).rejects.toThrow(
      'is partitioned by nothing, not by id',
    );
  });

  it('of another type than the table has are refused', async () => {
    await load(1);
    const text = { fields: [{ name: 'id', type: { kind: 'string' }, nullable: true } as const] };
    const loader = loaderFor();
    await expect(loader.prepare(text)).rejects.toMatchObject({
      code: 'SCHEMA_DRIFT',
      message: expect.stringContaining('column id is string, the table has int64'),
    });
    await loader.close();
    expect(await readdir(path)).not.toContain('_staging');
  });
});

describe('a folder without permission', () => {
  it('is named', async () => {
    await mkdir(path, { mode: 0o500 });
    await chmod(join(path, '..'), 0o755);
    await asOrdinaryUser(async () => {
      expect((await loaderFor().check()).every(({ ok }) => ok)).toBe(false);
      await expect(loaderFor().prepare(schema)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    });
  });
});

/** Root may write everywhere, so that the tests of a root user run such work as nobody. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
