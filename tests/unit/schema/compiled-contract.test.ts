import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { conformRecords } from '../../../skeleton/base/src/runtime/columns/conform.ts';
import { RowRecords } from '../../../skeleton/base/src/runtime/columns/row-records.ts';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import { Batch, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { contractStage } from '../../../skeleton/base/src/runtime/pipeline/contract-stage.ts';
import type { Stage } from '../../../skeleton/base/src/runtime/pipeline/stage.ts';
import { tableSchemaOf } from '../../../skeleton/base/src/runtime/schema/contract.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { type GeneratedColumn, objects, properties, surplusColumns } from './generated-contracts.ts';

const identity = { stream: 'orders/orders', sequence: 1, position: {}, origin: 'test' };

/** What zod itself makes of each record. */
function byZod(contract: z.ZodType, rows: readonly Row[]) {
  const accepted: unknown[] = [];
  const rowNumbers: number[] = [];
  const rejections: object[] = [];
  rows.forEach((record, index) => {
    const { success, data, error } = contract.safeParse(record);
    if (success) {
      accepted.push(data);
      rowNumbers.push(index + 11);
      return;
    }
    const message = error.issues
      .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
      .join('; ');
    const column = error.issues[0]?.path[0];
    rejections.push({
      record,
      rowNumber: index + 11,
      message,
      ...(column !== undefined && { column: String(column) }),
    });
  });
  return { accepted, rowNumbers, rejections };
}

async function requireSame(contract: z.ZodType, stage: Stage<Row, unknown>, batch: Batch): Promise<void> {
  const expected = byZod(contract, batch.rows());
  const outcome = await stage.apply(batch);
  const { size } = outcome.batch;
  const schema = tableSchemaOf(contract);
  const converted = schema && size > 0 ? outcome.batch.toColumns() : undefined;
  expect(outcome.batch.rows()).toStrictEqual(expected.accepted);
  expect(outcome.rejections).toStrictEqual(expected.rejections);
  expect(Array.from({ length: size }, (_, index) => outcome.batch.rowNumber(index))).toEqual(expected.rowNumbers);
  if (schema === undefined || converted === undefined) return;
  const { columns, failures } = conformRecords(new RowRecords(expected.accepted), schema);
  expect(rowsFromColumns(converted.columns())).toStrictEqual(rowsFromColumns(columns));
  expect(converted.rejections.map(({ message }) => message)).toEqual(
    failures.map(({ column, message }) => `${column} ${message}`),
  );
}

const RECORDS = 6;

/** The columns that are there, under their names, as a batch. */
function batchOf(columns: Readonly<Record<string, GeneratedColumn | null>>): Batch {
  const given = Object.entries(columns).flatMap(([name, column]) => (column === null ? [] : { name, ...column }));
  const schema: TableSchema = { fields: given.map(({ name, type }) => ({ name, type, nullable: true })) };
  const rows = Array.from({ length: RECORDS }, (_, index) =>
    Object.fromEntries(given.map(({ name, values }) => [name, values[index]])),
  );
  return new Batch(identity, { columns: columnsFromRows(schema, rows).columns, rowNumbers: 11 });
}

test('what is compiled and zod agree on each record', async () => {
  const generated = fc.record({
    first: properties(RECORDS),
    second: fc.option(properties(RECORDS), { freq: 2 }),
    surplus: fc.option(surplusColumns(RECORDS), { freq: 2 }),
    object: fc.constantFrom(...objects),
  });
  const property = fc.asyncProperty(generated, async ({ first, second, surplus, object }) => {
    const contract = object({ first: first.type, ...(second && { second: second.type }) });
    const stage = contractStage<Row, unknown>(contract, 'from');
    for (const [index, column] of first.columns.entries()) {
      const batch = batchOf({ first: column, second: second?.columns[index] ?? null, surplus });
      await requireSame(contract, stage, batch);
      await requireSame(contract, stage, new Batch(identity, { rows: batch.rows(), rowNumbers: 11 }));
    }
  });
  await fc.assert(property, { seed: 4, numRuns: Number(process.env.PROPERTY_RUNS ?? 400) });
});
