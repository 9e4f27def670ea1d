import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { resource } from '../../../../skeleton/base/src/runtime/resource.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { runDefinition } from '../../../../skeleton/base/src/runtime/testing/run-definition.ts';
import { loadDuckDB } from '../../../../skeleton/engines/duckdb/src/runtime/engines/duckdb/duckdb.ts';
import { SqlTransformer } from '../../../../skeleton/engines/duckdb/src/runtime/engines/duckdb/index.ts';
import { columnsOf, Inline } from './inline.ts';

const schema: TableSchema = {
  fields: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'amount', type: { kind: 'string' }, nullable: true },
  ],
};

describe('SqlTransformer', () => {
  it('sets aside the records that a statement fails on, and only they', async () => {
    const rows = Array.from({ length: 300 }, (_, id) => ({ id, amount: id === 7 || id === 250 ? 'free' : `${id}.5` }));
    const definition = resource('orders').transform(new Inline('SELECT id, amount::DOUBLE AS amount FROM batch'));
    const { written, deadLetters, counts } = await runDefinition(definition, rows);
    expect(counts).toMatchObject({ read: 300, written: 298, deadLettered: 2 });
    expect(written.map((row) => row.id)).toEqual(rows.map(({ id }) => id).filter((id) => id !== 7 && id !== 250));
    expect(deadLetters.flatMap(({ rejections }) => rejections)).toMatchObject([
      {
        rowNumber: 8,
        record: { id: 7 },
        message: expect.stringContaining("Could not convert string 'free' to DOUBLE"),
      },
      { rowNumber: 251, record: { id: 250 } },
    ]);
  });

  it.each([
    ['filter', 'SELECT * FROM batch WHERE id % 2 = 0', { filtered: 50, written: 50 }],
    ['expand', 'SELECT b.* FROM batch b, range(3)', { expanded: 200, written: 300 }],
    ['merge', 'SELECT id // 10 AS tens, count(*) AS n FROM batch GROUP BY ALL', { merged: 90, written: 10 }],
  ] as const)('accounts for a statement that says it does %s', async (effect, sql, counts) => {
    const rows = Array.from({ length: 100 }, (_, id) => ({ id }));
    const run = await runDefinition(resource('orders').transform(new Inline(sql, effect)), rows);
    expect(run.counts).toMatchObject({ read: 100, ...counts });
  });

  it('may read the batch several times in one statement', async () => {
    const sql =
      'SELECT a.id, (SELECT max(id) FROM batch) AS last FROM batch a JOIN batch b ON a.id = b.id + 1 ORDER BY a.id';
    const columns = columnsOf(
      schema,
      Array.from({ length: 5000 }, (_, id) => ({ id, amount: null })),
    );
    const rows = rowsFromColumns<Row>(await new Inline(sql).transformColumns(columns));
    expect(rows.length).toBe(4999);
    expect(rows.at(-1)).toEqual({ id: 4999, last: 4999 });
  });

  it('works on several batches at once', async () => {
    const inline = new Inline('SELECT id * 2 AS twice FROM batch');
    const results = await Promise.all(
      [1, 2, 3, 4].map(async (id) => inline.transformColumns(columnsOf(schema, [{ id, amount: null }]))),
    );
    expect(results.flatMap((columns) => rowsFromColumns<Row>(columns))).toEqual(
      [2, 4, 6, 8].map((twice) => ({ twice })),
    );
  });

  it('keeps the order of the records', async () => {
    const ids = Array.from({ length: 30_000 }, (_, index) => (index * 7919) % 30_011);
    const columns = columnsOf(
      schema,
      ids.map((id) => ({ id, amount: 'a' })),
    );
    const sql = "SELECT CASE WHEN amount = 'a' THEN id END AS id FROM batch WHERE id >= 0";
    expect(rowsFromColumns<Row>(await new Inline(sql).transformColumns(columns)).map(({ id }) => id)).toEqual(ids);
  });
});

describe('a statement that is wrong', () => {
  it.each([
    ['SELECT * FROM', 'syntax error at end of input'],
    [
      'SELECT id,\n  amuont\nFROM batch',
      'Referenced column "amuont" not found in FROM clause! Candidate bindings: "amount" (line 2, column 3: "amuont")',
    ],
    ['SELECT * FROM orders', 'Table with name orders does not exist!'],
    ['SELECT 1 AS a; SELECT 2 AS b', 'Cannot prepare multiple statements at once!'],
    ['CREATE TABLE copy AS SELECT * FROM batch', 'it is not a SELECT'],
    ['SELECT id, id FROM batch', 'it gives two columns the name id'],
    ["SELECT * FROM 's3://bucket/rates.csv'", 'httpfs'],
  ])('%s is found before a record moves', async (sql, message) => {
    const failed = expect(new Inline(sql).check(schema)).rejects;
    await failed.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining(message) });
    await failed.toMatchObject({ message: expect.stringContaining('The SQL of Inline is wrong: ') });
  });

  it('is found from the contract before it, or from the columns of the source', async () => {
    class Wrong extends SqlTransformer<{ id: number }, Row> {
      readonly sql = 'SELECT id + 1 AS id, total FROM batch';
    }
    const message = expect.stringContaining('The SQL of Wrong is wrong: Referenced column "total" not found');
    const withContract = resource('orders')
      .from(z.object({ id: z.int() }))
      .transform(new Wrong());
    await expect(withContract.stages.check(undefined)).rejects.toMatchObject({ message });
    const without = resource<{ id: number }>('orders').transform(new Wrong());
    await without.stages.check(undefined);
    await expect(without.stages.check(schema)).rejects.toMatchObject({ message });
    const chain = resource('orders')
      .transform(new Inline('SELECT amount AS label FROM batch'))
      .transform(new Inline('SELECT amount FROM batch'));
    await expect(chain.stages.check(schema)).rejects.toMatchObject({
      message: expect.stringContaining(
        'Referenced column "amount" not found in FROM clause! Candidate bindings: "label"',
      ),
    });
  });

  it('fails the run, and no record becomes a dead letter', async () => {
    const definition = resource('orders').transform(new Inline('SELECT total FROM batch'));
    await expect(runDefinition(definition, [{ id: 1 }])).rejects.toMatchObject({ code: 'CONFIGURATION', exitCode: 64 });
  });

  it('tells what columns it will give', async () => {
    const given = await new Inline('SELECT id, amount::DECIMAL(10, 2) AS amount FROM batch').check(schema);
    expect(given.fields).toEqual([
      { name: 'id', type: { kind: 'int64' }, nullable: true },
      { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true },
    ]);
  });
});

describe('loadDuckDB', () => {
  it('says what to do when the native part is missing', async () => {
    const load = () =>
      Promise.reject(new Error("Cannot find module '@duckdb/node-bindings-linux-x64'\nRequire stack: …"));
    await expect(loadDuckDB(load)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining("Cannot find module '@duckdb/node-bindings-linux-x64'"),
      hint: expect.stringContaining('--omit=optional'),
    });
  });
});
