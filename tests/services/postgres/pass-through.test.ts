import { beforeEach, describe, expect, it } from 'vitest';
import type { Batch, Rejection, Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { LoadReport, RejectRecords } from '../../../skeleton/base/src/runtime/pipeline/loader.ts';
import { Pipeline } from '../../../skeleton/base/src/runtime/pipeline/pipeline.ts';
import { Transformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { PostgresLoader } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/loader.ts';
import { RawRows } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/raw-rows.ts';
import { extractorOf, loaderOf, move, STREAM, useDatabase } from './database.ts';

const database = useDatabase();
const ROWS = 5000;

beforeEach(async () => {
  await database.sql(`
    DROP TABLE IF EXISTS source, orders, orders__staging, etl_checkpoints;
    CREATE TABLE source AS SELECT n::bigint AS id, (n / 3.0)::numeric(12,2) AS total, 'note ' || n AS note,
      '2026-01-01'::timestamptz + (n / 4) * interval '1 second' AS at, NULLIF(n % 5, 0) AS maybe
      FROM generate_series(1, ${ROWS}) AS n;
    ALTER TABLE source ADD PRIMARY KEY (id);
    CREATE TABLE orders (LIKE source)`);
});

function source(batchSize = 700) {
  return extractorOf(database.url, { table: 'source' }, { batchSize });
}

async function batchesFor(loader: PostgresLoader, from = source()): Promise<Batch[]> {
  await loader.prepare(await from.schema());
  return Array.fromAsync(from.extract({ firstSequence: 1, ...(loader.form && { form: loader.form }) }));
}

async function contents(table: string): Promise<unknown[]> {
  return database.sql(`SELECT * FROM ${table} ORDER BY id`);
}

describe('rows that source and sink have in the same form', () => {
  it.each(['append', 'merge', 'replace'] as const)('are moved as they are: %s', async (mode) => {
    await database.sql('ALTER TABLE orders ADD PRIMARY KEY (id)');
    const loader = loaderOf(database.url, 'orders', mode, { key: ['id'] });
    const batches = await batchesFor(loader);
    expect(batches.every(({ records }) => records instanceof RawRows)).toBe(true);
    await loader.close();
    expect(await move(source(), loaderOf(database.url, 'orders', mode, { key: ['id'] }))).toEqual([]);
    expect(await contents('orders')).toEqual(await contents('source'));
  });

  it('come in the same batches, with the same positions, as columns do', async () => {
    const loader = loaderOf(database.url, 'orders', 'append');
    const raw = await batchesFor(loader);
    const columnar = await Array.fromAsync(source().extract({ firstSequence: 1 }));
    expect(raw.map(({ identity, size }) => [identity, size])).toEqual(
      columnar.map(({ identity, size }) => [identity, size]),
    );
    expect(raw.map((batch) => batch.rowNumber(batch.size - 1))).toEqual([
      700, 1400, 2100, 2800, 3500, 4200, 4900, 5000,
    ]);
    expect(raw.flatMap((batch) => batch.rows())).toEqual(columnar.flatMap((batch) => batch.rows()));
    await loader.close();
  });

  it('go on behind each batch', async () => {
    const loader = loaderOf(database.url, 'orders', 'append');
    const [first, second] = await batchesFor(loader);
    if (first === undefined || second === undefined) throw new Error('There is no batch.');
    for (const batch of [first, second]) await loader.load(batch, async () => {});
    await loader.close();
    await move(source(333), loaderOf(database.url, 'orders', 'append'));
    expect(await contents('orders')).toEqual(await contents('source'));
  });

  it('that the sink refuses are dead letters with their values, and the others are loaded', async () => {
    await database.sql(`
      ALTER TABLE orders ADD CHECK (id % 1000 <> 0), ALTER maybe SET NOT NULL;
      UPDATE source SET maybe = 0 WHERE maybe IS NULL AND id <> 75`);
    const rejections = await move(source(), loaderOf(database.url, 'orders', 'append'));
    expect(rejections.map(({ rowNumber }) => rowNumber)).toEqual([75, 1000, 2000, 3000, 4000, 5000]);
    expect(rejections[0]).toMatchObject<Partial<Rejection>>({
      column: 'maybe',
      record: { id: 75, total: '25.00', note: 'note 75', at: '2026-01-01T00:00:18Z', maybe: null },
    });
    expect(await contents('orders')).toEqual(
      await database.sql('SELECT * FROM source WHERE id % 1000 <> 0 AND id <> 75 ORDER BY id'),
    );
  });

  it('keep values that columns could not hold, and show them in dead letters', async () => {
    await database.sql(`
      CREATE TABLE odd (id int PRIMARY KEY, price numeric(10,2), seen timestamptz);
      INSERT INTO odd VALUES (1, 'NaN', '294276-12-31'), (2, 'NaN', '294276-12-31');
      CREATE TABLE odd_copy (LIKE odd, CHECK (id <> 2))`);
    const rejections = await move(
      extractorOf(database.url, { table: 'odd' }),
      loaderOf(database.url, 'odd_copy', 'append', { stream: 'shop/odd' }),
      'shop/odd',
    );
    expect(rejections.map(({ record }) => record)).toEqual([{ id: 2, price: 'NaN', seen: '+294276-12-31T00:00:00Z' }]);
    expect(await contents('odd_copy')).toEqual(await database.sql('SELECT * FROM odd WHERE id = 1'));
  });

  it('of an empty table are none', async () => {
    await database.sql('TRUNCATE source');
    const loader = loaderOf(database.url, 'orders', 'append');
    expect(await batchesFor(loader)).toEqual([]);
    await loader.close();
  });
});

describe('rows become columns', () => {
  it.each([
    ['a column has another type', 'ALTER TABLE orders ALTER total TYPE numeric(14,2)'],
    [
      'a column has another format',
      'ALTER TABLE source ALTER note TYPE json USING to_json(note); ALTER TABLE orders ALTER note TYPE jsonb USING to_jsonb(note)',
    ],
    ['the order needs a column that is not delivered', ''],
  ])('where %s', async (what, change) => {
    await database.sql(change);
    const loader = loaderOf(database.url, 'orders', 'append');
    const columns = what.startsWith('the order') ? { columns: ['total', 'note', 'at', 'maybe'] } : {};
    const from = extractorOf(database.url, { table: 'source' }, { batchSize: 700, ...columns });
    const batches = await batchesFor(loader, from);
    expect(batches.some(({ records }) => records instanceof RawRows)).toBe(false);
    await loader.close();
  });
});

describe('a pipeline', () => {
  class Rounder extends Transformer<Row, Row> {
    override transform(rows: readonly Row[]): readonly Row[] {
      return rows.map((row) => ({ ...row, total: '0.00' }));
    }
  }

  const untouched = resource<Row>('orders');

  it.each([
    ['lets rows through', untouched, true],
    ['with a transformer turns rows into columns', untouched.transform(new Rounder()), false],
  ])('%s', async (_, definition, expected) => {
    const batches: boolean[] = [];
    class Watched extends PostgresLoader {
      override load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
        batches.push(batch.records instanceof RawRows);
        return super.load(batch, reject);
      }
    }
    const context = { resource: 'orders', stream: STREAM, mode: 'append' as const, key: [], writer: 'this run' };
    const loader = new Watched({ url: database.url }, { table: 'orders' }, context);
    const pipeline = new Pipeline<Row, Row>({
      name: 'orders',
      pipeline: 'shop',
      extractor: source(),
      definition,
      loader,
      start: { from: undefined, firstSequence: 1 },
      schemaEvolution: 'manual',
      deadLetterBudget: { max: 0, share: 0, window: 1 },
      keepDeadLetters: async () => {},
    });
    const { counts } = await pipeline.run(new AbortController().signal);
    await loader.close();
    expect(counts).toMatchObject({ read: ROWS, written: ROWS, deadLettered: 0 });
    expect(new Set(batches)).toEqual(new Set([expected]));
    const changed = expected ? '*' : 'id, 0.00 AS total, note, at, maybe';
    expect(await contents('orders')).toEqual(await database.sql(`SELECT ${changed} FROM source ORDER BY id`));
  });
});
