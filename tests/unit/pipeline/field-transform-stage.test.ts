import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import { PipelineError } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { Batch, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { fieldTransformStage } from '../../../skeleton/base/src/runtime/pipeline/field-transform-stage.ts';
import { FieldTransformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { decimal, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';
import { runDefinition } from '../../../skeleton/base/src/runtime/testing/run-definition.ts';
import { arbitraryRows, EVERY_TYPE } from '../../support/every-type.ts';

const identity = { stream: 'orders/orders', sequence: 1, position: {}, origin: 'test' };

class Change extends FieldTransformer<Row, Row> {
  readonly #change: (row: Row) => Row;

  constructor(change: (row: Row) => Row) {
    super();
    this.#change = change;
  }

  change(row: Row): Row {
    return this.#change(row);
  }
}

/** What may be done to a record; the last ones give some records other fields than others, or fail on them. */
const changes: readonly ((row: Row) => Row)[] = [
  () => ({}),
  () => ({ text: 'changed', price: '1.00' }),
  ({ text, medium }) => ({ text: medium, added: text }),
  (row) => ({ ...row, text: Object.keys(row).join() }),
  (row) => ({ text: JSON.stringify(row.document ?? null), document: null }),
  ({ flag }) => (flag === true ? { text: 'flagged' } : {}),
  ({ flag }) => (flag === true ? { added: 1, text: null } : { text: undefined }),
  ({ flag, small }) => {
    if (flag === true) throw new RangeError('is flagged');
    return { small: small === null ? 0 : small };
  },
];

test('the fields of records become what they become in objects that are made anew', async () => {
  const generated = fc.record({
    rows: arbitraryRows(EVERY_TYPE, 10),
    steps: fc.array(fc.constantFrom(...changes), { minLength: 1, maxLength: 3 }),
    recordsAtOnce: fc.integer({ min: 1, max: 12 }),
    inColumns: fc.boolean(),
  });
  const property = fc.asyncProperty(generated, async ({ rows, steps, recordsAtOnce, inColumns }) => {
    const { columns } = columnsFromRows(EVERY_TYPE, rows);
    let expected = rowsFromColumns<Row>(columns).map((row, index) => ({ row, rowNumber: index + 1 }));
    let batch: Batch = inColumns
      ? new Batch(identity, { columns, rowNumbers: 1 })
      : new Batch(identity, { rows: rowsFromColumns<Row>(columns), rowNumbers: 1 });
    for (const change of steps) {
      const refused: unknown[] = [];
      expected = expected.flatMap(({ row, rowNumber }) => {
        try {
          return [{ row: { ...row, ...change(row) }, rowNumber }];
        } catch {
          refused.push({ record: row, rowNumber, message: 'is flagged' });
          return [];
        }
      });
      const outcome = await fieldTransformStage(new Change(change), recordsAtOnce).apply(batch);
      expect(outcome.rejections).toEqual(refused);
      batch = outcome.batch;
    }
    expect(batch.rows().map((row, index) => ({ row, rowNumber: batch.rowNumber(index) }))).toEqual(expected);
    const written = batch.toColumns(EVERY_TYPE);
    const reference = columnsFromRows(
      EVERY_TYPE,
      expected.map(({ row }) => row),
    );
    expect(rowsFromColumns(written.columns())).toStrictEqual(rowsFromColumns(reference.columns));
  });
  await fc.assert(property, { seed: 4, numRuns: Number(process.env.PROPERTY_RUNS ?? 300) });
});

const orders = [1, 2, 3].map((id) => ({ id, price: '1.50', note: 'x' }));

function ordersInColumns(): Batch {
  const { columns } = columnsFromRows(
    {
      fields: [
        { name: 'id', type: { kind: 'int32' }, nullable: false },
        { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 }, nullable: false },
        { name: 'note', type: { kind: 'string' }, nullable: true },
      ],
    },
    orders,
  );
  return new Batch(identity, { columns, rowNumbers: 1 });
}

test('the other fields stay in their columns, which are the same', async () => {
  const batch = ordersInColumns();
  const stage = fieldTransformStage(new Change(({ note }) => ({ note: `${note}!` })));
  const changed = (await stage.apply(batch)).batch.toColumns().columns();
  expect(changed.column('id')).toBe(batch.columns().column('id'));
  expect(changed.column('price')).toBe(batch.columns().column('price'));
  expect(rowsFromColumns(changed)).toEqual(orders.map((order) => ({ ...order, note: 'x!' })));
});

test('a record is an object like any other while its fields are changed, and cannot be read later', async () => {
  const seen: Row[] = [];
  const copies: Row[] = [];
  const keep = new Change((row) => {
    seen.push(row);
    copies.push({ ...row });
    return { note: JSON.stringify(row) };
  });
  const { batch } = await fieldTransformStage(keep).apply(ordersInColumns());
  expect(copies).toEqual(orders);
  expect(batch.rows().map(({ note }) => note)).toEqual(orders.map((order) => JSON.stringify(order)));
  expect(() => seen[0]?.note).toThrow('A record can be read while its fields are changed, not later: copy it.');
});

test('names that every object has are names like others', async () => {
  const rows = [JSON.parse('{ "__proto__": 1, "constructor": 2 }')];
  const { columns } = columnsFromRows(
    {
      fields: ['__proto__', 'constructor'].map((name) => ({ name, type: { kind: 'int32' }, nullable: false })),
    },
    rows,
  );
  const stage = fieldTransformStage(
    new Change((row) => ({ sum: Number(Object.entries(row).reduce((sum, [, value]) => sum + Number(value), 0)) })),
  );
  const { batch } = await stage.apply(new Batch(identity, { columns, rowNumbers: 1 }));
  expect(Object.entries(batch.rows()[0] ?? {})).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
    ['sum', 3],
  ]);
});

test('what is no fault of the record ends the run', async () => {
  const failure = new PipelineError('CONFIGURATION', 'There are no rates.');
  const stage = fieldTransformStage(
    new Change(() => {
      throw failure;
    }),
  );
  await expect(stage.apply(ordersInColumns())).rejects.toBe(failure);
});

test('a resource takes it between contracts, and knows what becomes of its records', async () => {
  const Order = z.object({ id: integer(), price: decimal(9, 2), note: z.string() });
  const Priced = z.object({ id: integer(), price: decimal(9, 2), note: z.string(), total: decimal(12, 2) });
  class Total extends FieldTransformer<z.output<typeof Order>, { readonly total: string }> {
    change({ price }: z.output<typeof Order>) {
      if (price === '0.00') throw new RangeError('costs nothing');
      return { total: (Number(price) * 3).toFixed(2) };
    }
  }
  const definition = resource('orders').from(Order).transform(new Total()).to(Priced);
  const { written, deadLetters, counts } = await runDefinition(definition, [...orders, { ...orders[0], price: 0 }]);
  expect(written).toEqual(orders.map((order) => ({ ...order, total: '4.50' })));
  expect(deadLetters.flatMap(({ rejections }) => rejections)).toMatchObject([
    { rowNumber: 4, message: 'costs nothing' },
  ]);
  expect(counts).toMatchObject({ read: 4, written: 3, deadLettered: 1 });
});
