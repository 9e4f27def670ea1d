import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { extractorOf, loaderOf, move, useDatabase } from './database.ts';
import { batchOf, load, run } from './records.ts';

const database = useDatabase();

/** Moves a table into another one and returns the messages of the records that are refused. */
async function moveTable(from: string, to: string): Promise<string[]> {
  const stream = `shop/${to}`;
  const loader = loaderOf(database.url, to, 'append', { stream });
  const rejections = await move(extractorOf(database.url, { table: from }), loader, stream);
  return rejections.map(({ message }) => message);
}

describe('a column that holds less than its source', () => {
  it('refuses what is too long, also where values are cast', async () => {
    await database.sql(`
      CREATE TABLE long (id int PRIMARY KEY, bits bit varying, code text, codes text[]);
      INSERT INTO long VALUES (1, B'10110', 'ab', '{ab}'), (2, B'1011', 'abcd', '{ab}'), (3, B'1011', 'ab', '{abcd}'),
        (4, B'1011', 'ab', '{ab}');
      CREATE TABLE short (id int, bits bit(4), code varchar(3), codes varchar(3)[])`);
    expect(await moveTable('long', 'short')).toEqual([
      'bit string length 5 does not match type bit(4) (SQLSTATE 22026)',
      'value too long for type character varying(3) (SQLSTATE 22001)',
      'value too long for type character varying(3) (SQLSTATE 22001)',
    ]);
    expect(await database.sql('SELECT id FROM short')).toEqual([{ id: 4 }]);
  });

  it('refuses a record that the server cannot index, and loads the others', async () => {
    await database.sql(`
      CREATE TABLE texts (id int PRIMARY KEY, note text);
      INSERT INTO texts SELECT n, CASE n WHEN 3 THEN (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i)
        ELSE 'short' END FROM generate_series(1, 5) n;
      CREATE TABLE indexed (id int, note text);
      CREATE INDEX ON indexed (note)`);
    expect(await moveTable('texts', 'indexed')).toEqual([expect.stringContaining('SQLSTATE 54000')]);
    expect(await database.sql('SELECT id FROM indexed ORDER BY id')).toEqual([1, 2, 4, 5].map((id) => ({ id })));
  });
});

describe('money', () => {
  it('travels as a number, which does not depend on the currency of a server', async () => {
    await database.sql(`
      CREATE TABLE prices (id int PRIMARY KEY, price money);
      INSERT INTO prices VALUES (1, '-1234.56'), (2, NULL);
      CREATE TABLE amounts (id int, price money)`);
    expect(await moveTable('prices', 'amounts')).toEqual([]);
    expect(await database.sql('SELECT price::numeric::text AS price FROM amounts ORDER BY id')).toEqual([
      { price: '-1234.56' },
      { price: null },
    ]);
  });
});

describe('conversions that the documentation names', () => {
  it('arrays begin at 1, and have neither a negative zero nor a null of jsonb', async () => {
    await database.sql(`
      CREATE TABLE odd_arrays (id int PRIMARY KEY, bounds int[], zeros float8[], documents jsonb[]);
      INSERT INTO odd_arrays VALUES (1, '[0:1]={7,8}', '{-0}', ARRAY['null'::jsonb, NULL]);
      CREATE TABLE plain_arrays (LIKE odd_arrays)`);
    expect(await moveTable('odd_arrays', 'plain_arrays')).toEqual([]);
    expect(await database.sql('SELECT bounds::text, zeros::text, documents::text FROM plain_arrays')).toEqual([
      { bounds: '{7,8}', zeros: '{0}', documents: '{NULL,NULL}' },
    ]);
  });
});

describe('times that PostgreSQL does not have', () => {
  const schema: TableSchema = {
    fields: [
      { name: 'id', type: { kind: 'int32' }, nullable: false },
      { name: 'day', type: { kind: 'date' }, nullable: true },
      { name: 'at', type: { kind: 'timestamp', zone: true }, nullable: true },
    ],
  };

  /** Days and microseconds as they lie in a Parquet file, say, where any number may be. */
  function withTimes(times: readonly { day: number; at: bigint }[]): Batch {
    const batch = batchOf(
      1,
      times.map((_, id) => ({ id, day: '2026-01-01', at: '2026-01-01T00:00:00Z' })),
      schema,
    );
    const [, days, instants] = batch.columns().columns;
    if (days?.storage !== 'int32' || instants?.storage !== 'int64') throw new TypeError('unexpected storage');
    times.forEach(({ day, at }, index) => {
      days.values[index] = day;
      instants.values[2 * index] = Number(BigInt.asIntN(32, at));
      instants.values[2 * index + 1] = Number(at >> 32n);
    });
    return batch;
  }

  it('are refused, and never become others by overflow', async () => {
    const loader = loaderOf(database.url, 'times', 'append');
    await loader.prepare(schema);
    const smallest = -(2n ** 63n);
    const { rejections } = await load(
      loader,
      withTimes([
        { day: 0, at: 0n },
        { day: -(2 ** 31) + 1, at: 0n },
        { day: -(2 ** 31) + 10_957, at: 0n },
        { day: -(2 ** 31) + 10_956, at: 0n },
        { day: 2 ** 31 - 2, at: 0n },
        { day: 0, at: smallest + 1n },
        { day: 0, at: smallest + 946_684_800_000_000n },
        { day: 0, at: smallest + 946_684_799_999_999n },
        { day: 0, at: -smallest - 2n },
        { day: 0, at: -210_866_803_200_000_001n },
      ]),
    );
    await loader.close();
    expect(rejections.map(({ message }) => message)).toEqual([
      ...Array.from({ length: 4 }, () => 'date out of range (SQLSTATE 22008)'),
      ...Array.from({ length: 3 }, () => 'timestamp out of range (SQLSTATE 22008)'),
      'timestamp out of range (SQLSTATE 22008)',
    ]);
  });
});

describe('a table without a single NULL', () => {
  it('is written as it is', async () => {
    const schema: TableSchema = {
      fields: [
        { name: 'id', type: { kind: 'int64' }, nullable: false },
        { name: 'price', type: { kind: 'decimal', precision: 18, scale: 2 }, nullable: false },
        { name: 'huge', type: { kind: 'decimal' }, nullable: false },
        { name: 'key', type: { kind: 'uuid' }, nullable: false },
        { name: 'note', type: { kind: 'string' }, nullable: false },
      ],
    };
    const key = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    const rows = ['0.00', '-0.01', '9999999999999999.99', '-9999999999999999.99', '90071992547409.93'].map(
      (price, id) => ({
        id,
        price,
        huge: `${price.replace(/\d+/, (digits) => `7${digits}00000000000000000000`)}`,
        key,
        note: 'x'.repeat(17 * id),
      }),
    );
    await run(loaderOf(database.url, 'dense', 'append'), [rows], schema);
    expect(await database.sql('SELECT id::int, price::text, huge::text, key, note FROM dense ORDER BY id')).toEqual(
      rows,
    );
  });
});

describe('a record that is too long for the memory', () => {
  it.each([
    ['as they are', true],
    ['by way of columns', false],
  ])('is a dead letter that names its column, and the others are loaded: rows %s', async (_, asTheyAre) => {
    await database.sql(`
      DROP TABLE IF EXISTS documents, documents_copy;
      CREATE TABLE documents (id int PRIMARY KEY, note text, body bytea, document jsonb);
      INSERT INTO documents SELECT n, 'note ' || n, CASE WHEN n IN (1, 4) THEN decode(repeat('ab', 70000000), 'hex') END,
        '{"a": 1}' FROM generate_series(1, 5) AS n;
      CREATE TABLE documents_copy (LIKE documents)`);
    const stream = `shop/documents ${asTheyAre}`;
    const loader = loaderOf(database.url, 'documents_copy', 'append', { stream });
    const rejections = await move(extractorOf(database.url, { table: 'documents' }), loader, stream, asTheyAre);
    expect(rejections).toEqual(
      [1, 4].map((id) => ({
        record: { id, note: `note ${id}`, body: '(70000000 bytes, left out)', document: { a: 1 } },
        rowNumber: id,
        column: 'body',
        message: 'body has 70000000 bytes, and a record may have 64 MiB',
      })),
    );
    expect(await database.sql('SELECT id, note, document FROM documents_copy ORDER BY id')).toEqual(
      [2, 3, 5].map((id) => ({ id, note: `note ${id}`, document: { a: 1 } })),
    );
  });
});
