import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkContext } from '../../../skeleton/base/src/runtime/connectors/connector.ts';
import { Batch, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Loader } from '../../../skeleton/base/src/runtime/pipeline/loader.ts';
import { fieldNames, type TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import type { Comparable, Comparison } from '../../../skeleton/base/src/runtime/verify/comparable.ts';
import { compare } from '../../../skeleton/base/src/runtime/verify/compare.ts';
import { StreamedRecords } from '../../../skeleton/base/src/runtime/verify/streamed-records.ts';
import { DeltaLoader } from '../../../skeleton/connectors/delta/src/runtime/connectors/delta/loader.ts';
import { FilesLoader } from '../../../skeleton/connectors/files/src/runtime/connectors/files/loader.ts';
import type { FilesSink } from '../../../skeleton/connectors/files/src/runtime/connectors/files/options.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../support/every-type.ts';
import { extractorOf, loaderOf, useDatabase } from '../postgres/database.ts';

const database = useDatabase();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NUMBERED: TableSchema = {
  fields: [{ name: 'number', type: { kind: 'int32' }, nullable: false }, ...EVERY_TYPE.fields],
};
const BY_NUMBER: Comparison = { schema: NUMBERED, key: ['number'] };
const AS_A_WHOLE: Comparison = { schema: NUMBERED, key: [] };

function numbered(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => ({ number: index + 1, ...row }));
}

let tables = 0;

function context(): SinkContext {
  return { resource: 'orders', stream: 'shop/orders', mode: 'append', key: [], writer: 'test' };
}

const SINKS: Readonly<Record<string, (name: string) => Loader>> = {
  postgres: (name) => loaderOf(database.url, name, 'append', { stream: name }),
  delta: (name) => new DeltaLoader({ path: join(folder, name), ...context(), mode: 'append' }),
  'delta in partitions': (name) =>
    new DeltaLoader({ path: join(folder, name), ...context(), mode: 'append', partitionBy: ['flag', 'day', 'price'] }),
  parquet: (name) => files(name, 'parquet'),
  ndjson: (name) => files(name, 'ndjson'),
  csv: (name) => files(name, 'csv'),
};

function files(table: string, format: FilesSink['format'], stream = 'shop/orders'): Loader {
  return new FilesLoader(
    { path: folder },
    { table, format, compression: format === 'csv' ? 'gzip' : 'none' },
    { ...context(), stream },
  );
}

function batchOf(rows: readonly Row[], schema = NUMBERED): Batch {
  const identity = { stream: 'shop/orders', sequence: 1, position: {}, origin: 'test' };
  return new Batch<Row>(identity, { rows }).toColumns(schema);
}

async function loaded(
  kind: string,
  rows: readonly Row[],
  schema = NUMBERED,
): Promise<{ loader: Loader; name: string }> {
  const name = `table_${++tables}`;
  const loader = SINKS[kind]?.(name);
  if (loader === undefined) throw new RangeError(`There is no sink ${kind}.`);
  await loader.prepare(schema);
  const { rejections } = batchOf(rows, schema);
  expect(rejections).toEqual([]);
  await loader.load(batchOf(rows, schema), async (refused) => expect(refused).toEqual([]));
  await loader.finish(true);
  return { loader, name };
}

function inMemory(rows: readonly Row[], comparison: Comparison): Comparable {
  return new StreamedRecords(comparison, async function* read() {
    yield batchOf(rows, comparison.schema).columns();
  });
}

async function comparedWith(rows: readonly Row[], loader: Loader, comparison: Comparison) {
  const sink = await loader.comparable(comparison);
  if (sink === undefined) throw new TypeError('The sink cannot be compared.');
  try {
    return await compare(inMemory(rows, comparison), sink, comparison, {
      limit: 100,
      keepsVersions: false,
      isRefused: () => false,
      pending: undefined,
      signal: new AbortController().signal,
    });
  } finally {
    await sink.close();
  }
}

describe.each(Object.keys(SINKS))('%s', (kind) => {
  it.each([BY_NUMBER, AS_A_WHOLE])(
    'has the checksums of the records of every type that were loaded, key $key',
    async (comparison) => {
      const rows = numbered(EDGE_ROWS);
      const { loader } = await loaded(kind, rows);
      const result = await comparedWith(rows, loader, comparison);
      await loader.close();
      expect(result.differences).toEqual([]);
      expect(result).toMatchObject({ records: { source: 4, sink: 4 }, rangesDiffering: 0, exhaustive: true });
    },
  );

  it('has the checksums of any values', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRows(EVERY_TYPE, 8), async (some) => {
        const rows = numbered(some);
        const { loader } = await loaded(kind, rows);
        const { differences } = await comparedWith(rows, loader, BY_NUMBER);
        await loader.close();
        expect(differences).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('tells a value of each type from another one', async () => {
    const rows = numbered(EDGE_ROWS);
    const { loader } = await loaded(kind, rows);
    for (const name of fieldNames(EVERY_TYPE)) {
      const changed = rows.map((row) => (row.number === 1 ? { ...row, [name]: EDGE_ROWS[1]?.[name] } : row));
      const { differences, counts } = await comparedWith(changed, loader, BY_NUMBER);
      expect(differences, name).toMatchObject([{ kind: 'different', key: { number: 1 }, columns: [name] }]);
      expect(counts).toMatchObject({ different: 1, missing: 0, extra: 0 });
      const without = rows.map((row) => (row.number === 1 ? { ...row, [name]: null } : row));
      expect((await comparedWith(without, loader, BY_NUMBER)).differences, name).toMatchObject([{ columns: [name] }]);
    }
    await loader.close();
  });
});

describe('a PostgreSQL source', () => {
  it('computes the same checksums as its sink where the types of the sink are wider', async () => {
    await database.sql(`
      CREATE TABLE narrow (id smallint PRIMARY KEY, count int, ratio real, price numeric(5,2), day date, code char(4),
        tags int[], state jsonb, ip inet, at timestamptz);
      INSERT INTO narrow VALUES (1, 2, 0.1, 1.50, 'infinity', 'ab', '{1,2}', '{"b": 1.50, "a": [1e2, -0.0]}', '10.0.0.1', now()),
        (2, NULL, '-0', 'NaN', '-infinity', '', NULL, '"x"', NULL, '-infinity'), (3, -5, 'NaN', -0.01, '0044-03-15 BC', 'äö', '{}', 'null', '::1', 'epoch');
      CREATE TABLE wide (id bigint, count bigint, ratio double precision, price numeric, day date, code text,
        tags jsonb, state jsonb, ip text, at timestamp);
      INSERT INTO wide SELECT id, count, ratio, price, day, textin(bpcharout(code)), to_jsonb(tags), state, ip::text, at AT TIME ZONE 'UTC' FROM narrow`);
    const loader = loaderOf(database.url, 'wide', 'append');
    const extractor = extractorOf(database.url, { table: 'narrow' });
    const schema = (await loader.schema()) ?? { fields: [] };
    const comparison = {
      schema: { fields: schema.fields.filter(({ name }) => name !== 'at') },
      key: await extractor.key(),
    };
    const [source, sink] = [await extractor.comparable(comparison), await loader.comparable(comparison)];
    expect(source?.place).toBe('in the database');
    expect((await source?.checksums())?.differing(await sink.checksums())).toEqual([]);
    await database.sql('UPDATE wide SET price = price + 0.01 WHERE id = 3');
    const after = await loader.comparable(comparison);
    expect((await source?.checksums())?.differing(await after.checksums())).toHaveLength(1);
    for (const end of [source, sink, after]) await end?.close();
  });

  it('is read where a value may not fit the type of the sink, and where it is the text of json', async () => {
    await database.sql('CREATE TABLE texts (id text, document json)');
    const extractor = extractorOf(database.url, { table: 'texts' });
    const field = (name: string, kind: 'int32' | 'string' | 'json') => ({ name, type: { kind }, nullable: true });
    const comparable = (fields: ReturnType<typeof field>[]) => extractor.comparable({ schema: { fields }, key: [] });
    expect(await comparable([field('id', 'int32')])).toBeUndefined();
    expect(await comparable([field('document', 'json')])).toBeUndefined();
    const end = await comparable([field('id', 'string')]);
    expect(end?.place).toBe('in the database');
    await end?.close();
  });
});

it('the files of a resource include those of its shards and replays, and of nobody else', async () => {
  const streams = [
    'shop/orders',
    'shop/orders#0of2',
    'shop/orders/replay',
    'shop/orders#0of2/replay',
    'shop/orders_old',
  ];
  for (const [index, stream] of streams.entries()) {
    const loader = files('shared', 'ndjson', stream);
    await loader.prepare(NUMBERED);
    await loader.load(batchOf([{ number: index + 1 }]), async () => {});
    await loader.finish(true);
    await loader.close();
  }
  const loader = files('shared', 'ndjson');
  const { counts } = await comparedWith(
    [1, 2, 3, 4].map((number) => ({ number })),
    loader,
    BY_NUMBER,
  );
  expect(counts).toMatchObject({ missing: 0, extra: 0, different: 0 });
});
