import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Rejection, Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { describeType } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { openSink, readTable, rejections } from '../../unit/connectors/files/writing.ts';
import { extractorOf, loaderOf, move, readAll, rowsOf, useDatabase } from './database.ts';

const database = useDatabase();

/** Column type, what it is for the runtime, and edge values. */
const TYPES: readonly [type: string, logical: string, values: readonly string[]][] = [
  ['boolean', 'boolean', ['true', 'false']],
  ['smallint', 'int16', ['-32768', '32767', '0']],
  ['integer', 'int32', ['-2147483648', '2147483647', '-1']],
  ['bigint', 'int64', ['-9223372036854775808', '9223372036854775807', '-1', '4294967296', '9007199254740993']],
  ['real', 'float32', ["'NaN'", "'Infinity'", "'-Infinity'", '3.4028235e38', '1e-45', "'-0'", '0.1']],
  [
    'double precision',
    'float64',
    ["'NaN'", "'Infinity'", "'-Infinity'", '1.7976931348623157e308', '5e-324', "'-0'", '0.1'],
  ],
  [
    'numeric(15,2)',
    'decimal(15,2)',
    ['0', '-0.01', '9999999999999.99', '-9999999999999.99', '10000', '123456.7', '0.10'],
  ],
  ['numeric(18,0)', 'decimal(18,0)', ['999999999999999999', '-999999999999999999', '9007199254740993', '1']],
  ['numeric(18,18)', 'decimal(18,18)', ['0.999999999999999999', '-0.000000000000000001', '0.000100000000000000']],
  ['numeric(38,10)', 'decimal(38,10)', ['9999999999999999999999999999.9999999999', '-0.0000000001', "'NaN'", '0']],
  ['numeric(5,-2)', 'decimal', ['12300', '-9999900']],
  ['numeric(3,5)', 'decimal', ['0.00999', '-0.00001']],
  [
    'numeric(1000,500)',
    'decimal(1000,500)',
    ["(repeat('9', 500) || '.' || repeat('8', 500))::numeric", "('-0.' || repeat('0', 499) || '1')::numeric", "'NaN'"],
  ],
  [
    'numeric',
    'decimal',
    [
      "'NaN'",
      "'Infinity'",
      "'-Infinity'",
      '0',
      '0.000',
      '1e300',
      '-1.5e-300',
      '12345678901234567890.09876543210',
      '100000000',
      '1e-20',
      '10000.0001',
      "(repeat('7', 131072) || '.' || repeat('3', 16383))::numeric",
      "('-0.' || repeat('0', 16382) || '1')::numeric",
      "(repeat('1234567890', 100))::numeric",
    ],
  ],
  ['text', 'string', ["''", "'ünïcödé 🚚 \u4e2d'", String.raw`E'a\tb\nc\\d"e'`, "repeat('x', 1048576)"]],
  ['varchar(20)', 'string', ["'twenty characters ok'"]],
  ['char(5)', 'string', ["'ab'"]],
  ['name', 'string', ["'orders'"]],
  ['"char"', 'string', ["'x'"]],
  ['citext', 'string', ["'Straße'", "''"]],
  ['json', 'json', [`'{"b": 1, "a": [1.50, null, "\\u20ac"]}'`, `'"text"'`, "'null'"]],
  [
    'jsonb',
    'json',
    [`'{"a": 12345678901234567890.12, "b": {"c": []}}'`, "'[]'", "'null'", "to_jsonb(repeat('9', 1000)::numeric)"],
  ],
  ['uuid', 'uuid', ["'00000000-0000-0000-0000-000000000000'", "'FFFFFFFF-0123-4567-89ab-cdef01234567'"]],
  ['bytea', 'binary', ["''", String.raw`'\x00ff00'`, "decode(repeat('ab', 1048576), 'hex')"]],
  ['date', 'date', ["'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'1970-01-01'", "'2000-02-29'"]],
  ['time', 'time', ["'00:00'", "'23:59:59.999999'", "'24:00'"]],
  [
    'timestamp',
    'timestamp',
    [
      "'infinity'",
      "'-infinity'",
      "'4713-01-01 00:00:00 BC'",
      "'294247-01-09 23:59:59.999999'",
      "'1969-12-31 23:59:59.999999'",
      "'2026-01-31 12:34:56.789012'",
    ],
  ],
  [
    'timestamptz',
    'timestamp with zone',
    ["'infinity'", "'-infinity'", "'2026-03-29 02:30:00.000001+02'", "'0044-03-15 BC'"],
  ],
  ['timetz', 'string', ["'12:00:00.5+02'"]],
  [
    'interval',
    'string',
    [
      "'1 year 2 months -3 days 04:05:06.789'",
      "'0'",
      "'-1 mon'",
      "'-00:00:00.000001'",
      "'178000000 years'",
      "'1 mon -1 day'",
    ],
  ],
  ['inet', 'string', ["'10.0.0.1/8'", "'2001:db8::1'"]],
  ['cidr', 'string', ["'10.0.0.0/8'"]],
  ['macaddr', 'string', ["'08:00:2b:01:02:03'"]],
  ['macaddr8', 'string', ["'08:00:2b:01:02:03:04:05'"]],
  ['bit(4)', 'string', ["B'1011'"]],
  ['bit varying', 'string', ["B'1011'", "B''"]],
  ['money', 'decimal', ["'12.34'", "'-92233720368547758.08'", "'92233720368547758.07'"]],
  ['point', 'string', ["'(1.5,-2)'"]],
  ['tsvector', 'string', ["'fat cat'"]],
  ['xml', 'string', ["'<a>b</a>'"]],
  ['int4range', 'string', ["'[1,5)'", "'empty'"]],
  ['int4multirange', 'string', ["'{[1,5),[9,10)}'", "'{}'"]],
  ['tstzrange', 'string', ["'[2026-01-01 00:00:00.000001+02,infinity)'", "'(,)'"]],
  ['hstore', 'string', [`'"a b"=>"1", c=>NULL, "q\\""=>""'`]],
  ['ltree', 'string', ["'Top.Science'"]],
  ['oid', 'int64', ['4294967295']],
  ['integer[]', 'json', ["'{1,NULL,3}'", "'{}'", "'{{1,2},{3,4}}'"]],
  ['bigint[]', 'json', ["'{9223372036854775807,-9223372036854775808}'"]],
  ['numeric[]', 'json', ["'{1.50,NaN,Infinity,-Infinity,NULL}'", "ARRAY[repeat('9', 1000)::numeric]"]],
  ['double precision[]', 'json', ["'{NaN,Infinity,-Infinity,1.7976931348623157e308,5e-324,0.1}'"]],
  ['real[]', 'json', ["'{1e-45,3.4028235e38,0.1}'"]],
  ['text[]', 'json', [`'{"a b",NULL,"c\\"d","{}"}'`, `'{"NULL",""," ","\\\\"}'`, `'{{{"a"},{"b"}},{{NULL},{"ü🚚"}}}'`]],
  ['bytea[]', 'json', [String.raw`ARRAY['\x00ff'::bytea, '', NULL]`]],
  ['uuid[]', 'json', ["ARRAY['00000000-0000-0000-0000-000000000000'::uuid]"]],
  ['date[]', 'json', ["ARRAY['infinity'::date, '4713-01-01 BC', '5874897-12-31']"]],
  ['interval[]', 'json', ["ARRAY['1 mon -1 day 00:00:00.000001'::interval]"]],
  [
    'timestamptz[]',
    'json',
    ["ARRAY['2026-01-01 00:00:00.000001+00'::timestamptz, 'infinity', '-infinity', '0044-03-15 BC']"],
  ],
  ['mood[]', 'json', ['\'{sad,"so so",NULL}\'']],
  ['address[]', 'json', [`ARRAY[ROW('Main "St"', 5)::address, NULL, ROW(NULL, NULL)::address]`]],
  ['mood', 'string', ["'sad'", "'so so'"]],
  ['address', 'json', ["ROW('Main St', 5)", 'ROW(NULL, NULL)', "ROW('', -1)"]],
  ['positive', 'int32', ['7']],
  ['code', 'string', ["'ab'"]],
  ['numbers', 'json', ["'{1,2}'"]],
  ['tax_rate', 'decimal(5,3)', ['19.125']],
];

const COLUMNS = TYPES.map(([type], index) => ({ name: `c${index}`, type }));

beforeAll(async () => {
  await database.sql(`
    CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
    CREATE TYPE mood AS ENUM ('sad', 'so so');
    CREATE TYPE address AS (street text, number int);
    CREATE DOMAIN positive AS integer CHECK (value > 0);
    CREATE DOMAIN rate AS numeric(5,3);
    CREATE DOMAIN tax_rate AS rate NOT NULL DEFAULT 0;
    CREATE DOMAIN code AS varchar(3);
    CREATE DOMAIN numbers AS integer[] CHECK (cardinality(value) > 0);
    CREATE TABLE source (id serial PRIMARY KEY, ${COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
  for (const [index, [type, , values]] of TYPES.entries()) {
    const others = type === 'tax_rate' ? '' : ', c' + TYPES.findIndex(([other]) => other === 'tax_rate');
    for (const value of values) {
      await database.sql(
        `INSERT INTO source (c${index}${others}) VALUES ((${value})::${type}${others === '' ? '' : ', 1'})`,
      );
    }
  }
});

/** What the loader creates a column as: the value as such a column holds it. */
function asCreated(value: string, type: string): string {
  if (type === 'money') return `${value}::numeric`;
  return /^json$|\[\]$|address|numbers/.test(type) ? `to_jsonb(${value})` : value;
}

/** Cells that differ between two tables, as text. */
async function differences(
  left: string,
  right: string,
  as: (value: string, type: string) => string,
): Promise<string[]> {
  const [leftRows, rightRows] = [await texts(left, as), await texts(right, as)];
  if (leftRows.length !== rightRows.length) return [`${leftRows.length} rows and ${rightRows.length}`];
  return leftRows.flatMap((row, index) =>
    COLUMNS.filter(({ name }) => row[name] !== rightRows[index]?.[name]).map(
      ({ name, type }) =>
        `${type}: ${String(row[name]).slice(0, 80)} and ${String(rightRows[index]?.[name]).slice(0, 80)}`,
    ),
  );
}

async function texts(table: string, as: (value: string, type: string) => string): Promise<Record<string, unknown>[]> {
  // The blanks that fill up a char(n) have no meaning; they are delivered as they are stored.
  const list = COLUMNS.map(({ name, type }) => `rtrim((${as(name, type)})::text) AS ${name}`);
  return database.sql(`SET intervalstyle TO iso_8601; SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO, YMD';
    SELECT ${list.join(', ')} FROM ${table} ORDER BY id`);
}

function messages(rejections: readonly Rejection[]): string[] {
  return [...new Set(rejections.map(({ message }) => message))];
}

describe('all types', () => {
  it('are mapped as documented', async () => {
    const { fields } = await extractorOf(database.url, { table: 'source' }).schema();
    expect(fields.slice(1).map(({ type }, index) => [COLUMNS[index]?.type, describeType(type)])).toEqual(
      TYPES.map(([type, logical]) => [type, logical]),
    );
    expect(fields.filter(({ nullable }) => !nullable).map(({ name }) => name)).toEqual(['id']);
  });

  it('arrive unchanged in a table that the loader creates', async () => {
    const extractor = extractorOf(database.url, { table: 'source' }, { batchSize: 7 });
    expect(messages(await move(extractor, loaderOf(database.url, 'created', 'append')))).toEqual([]);
    expect(await differences('created', 'source', asCreated)).toEqual([]);
  });

  it.each([
    ['as they are', true],
    ['by way of columns', false],
  ])('arrive unchanged in a table with the same types, %s', async (_, asTheyAre) => {
    await database.sql('DROP TABLE IF EXISTS same; CREATE TABLE same (LIKE source)');
    const stream = `shop/same ${asTheyAre}`;
    const extractor = extractorOf(database.url, { table: 'source' }, { batchSize: 50 });
    const loader = loaderOf(database.url, 'same', 'append', { stream });
    expect(messages(await move(extractor, loader, stream, asTheyAre))).toEqual([]);
    expect(await differences('same', 'source', (value) => value)).toEqual([]);
  });

  it('are the same through a query', async () => {
    const rows = rowsOf(await readAll(extractorOf(database.url, { table: 'source' })));
    const queried = await readAll(extractorOf(database.url, { query: 'SELECT * FROM source ORDER BY id -- all' }));
    expect(rowsOf(queried)).toEqual(rows);
  });
});

describe('all types in Parquet', () => {
  it('are read again as they were; what Parquet cannot hold is a dead letter', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'types-'));
    const extractor = extractorOf(database.url, { table: 'source' }, { batchSize: 50 });
    const schema = await extractor.schema();
    const batches = await readAll(extractor);
    const sink = openSink(folder);
    const { all: refused, reject } = rejections();
    await sink.prepare(schema);
    for (const batch of batches) await sink.load(batch, reject);
    await sink.finish(true);
    await sink.close();
    expect(messages(refused)).toEqual([expect.stringContaining('NaN is not decimal(38,10)')]);
    const lost = new Set(refused.map(({ record }) => (record as Row).id));
    const written = await readTable(folder, schema);
    await rm(folder, { recursive: true });
    expect(written).toEqual(rowsOf(batches).filter(({ id }) => !lost.has(id)));
  });
});

describe('values that a column type of the runtime cannot hold', () => {
  it('are rejections, and the rest of the batch is delivered', async () => {
    await database.sql(`
      CREATE TABLE odd (id int PRIMARY KEY, price numeric(10,2), seen timestamp);
      INSERT INTO odd VALUES (1, 1.50, now()), (2, 'NaN', '294276-12-31 23:59:59.999999'), (3, 3, '294276-12-31'),
        (4, 4, NULL)`);
    const [batch, ...others] = await readAll(extractorOf(database.url, { table: 'odd' }));
    expect(others).toEqual([]);
    expect(batch?.rows().map(({ id }) => id)).toEqual([1, 4]);
    expect(batch?.rowNumber(1)).toBe(4);
    const late = 'seen lies after 294247-01-10, the last day that 64 bits of microseconds reach';
    expect(batch?.rejections).toEqual([
      {
        rowNumber: 2,
        column: 'price',
        message: `price is NaN, which decimal(10,2) cannot hold; ${late}`,
        record: { id: 2, price: 'NaN', seen: '+294276-12-31T23:59:59.999999' },
      },
      { rowNumber: 3, column: 'seen', message: late, record: { id: 3, price: '3.00', seen: '+294276-12-31T00:00:00' } },
    ]);
    expect(batch?.identity.position).toEqual({ rows: 4, after: { id: '4' } });
  });

  it('are no obstacle to going on behind them', async () => {
    await database.sql(`
      CREATE TABLE late (seen timestamptz, price numeric(10,2), PRIMARY KEY (seen, price));
      INSERT INTO late VALUES ('2026-01-01 00:00:00Z', 1), ('294276-12-30 00:00:00Z', 2), ('294276-12-31 00:00:00Z', 'NaN'),
        ('infinity', 4), ('infinity', 'NaN')`);
    const extractor = extractorOf(database.url, { table: 'late' }, { batchSize: 1 });
    const batches = await readAll(extractor);
    const expected = batches.map(({ rejections }) => rejections.length);
    expect(expected).toEqual([0, 1, 1, 0, 1]);
    for (const [index, { identity }] of batches.entries()) {
      const rest = await readAll(extractor, identity.position, index + 2);
      expect(rest.map(({ rejections }) => rejections.length)).toEqual(expected.slice(index + 1));
    }
  });
});
