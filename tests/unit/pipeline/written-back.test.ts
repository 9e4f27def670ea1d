import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import { Batch, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { contractStage } from '../../../skeleton/base/src/runtime/pipeline/contract-stage.ts';
import { transformStage } from '../../../skeleton/base/src/runtime/pipeline/transform-stage.ts';
import { type Effect, Transformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { validateStage } from '../../../skeleton/base/src/runtime/pipeline/validate-stage.ts';
import { Validator } from '../../../skeleton/base/src/runtime/pipeline/validator.ts';
import { inferSchema } from '../../../skeleton/base/src/runtime/schema/infer.ts';
import { arbitraryRows, EVERY_TYPE } from '../../support/every-type.ts';

const identity = { stream: 'orders/orders', sequence: 1, position: {}, origin: 'test' };

class Change extends Transformer<Row, Row> {
  override readonly effect: Effect;
  readonly #change: (rows: readonly Row[]) => readonly Row[];

  constructor(effect: Effect, change: (rows: readonly Row[]) => readonly Row[]) {
    super();
    this.effect = effect;
    this.#change = change;
  }

  transform(rows: readonly Row[]): readonly Row[] {
    return this.#change(rows);
  }
}

const negated = (value: unknown) => (typeof value === 'number' ? -value : value);

/** What transformers do to rows, and may not do: the last ones change the objects that they were given. */
const changes: readonly (readonly [Effect, (rows: readonly Row[]) => readonly Row[]])[] = [
  ['map', (rows) => rows],
  ['map', (rows) => rows.map((row) => ({ ...row }))],
  ['map', (rows) => rows.map((row) => ({ ...row, text: 'changed', price: '1.00' }))],
  ['map', (rows) => rows.map((row, index) => ({ ...row, text: index === 3 ? 'changed' : row.text }))],
  ['map', (rows) => rows.map((row) => ({ ...row, double: negated(row.double), single: negated(row.single) }))],
  ['map', (rows) => rows.map(({ text, large, ...row }) => ({ large, ...row, added: text }))],
  ['map', (rows) => rows.map(({ text }) => ({ text }))],
  ['map', (rows) => rows.map((row) => ({ ...row, small: row.medium === null ? null : 5, medium: row.small }))],
  ['map', (rows) => rows.toReversed()],
  ['map', (rows) => rows.map((row, index) => (index % 2 === 0 ? row : { ...row, text: undefined }))],
  ['map', (rows) => rows.map(({ text, ...row }, index) => (index % 2 === 0 ? row : { text, ...row }))],
  ['map', (rows) => rows.map((row, index) => ({ ...row, text: index % 2 === 0 ? '\ude00' : 'half: \ud83d' }))],
  ['map', (rows) => rows.map((row, index) => ({ ...row, text: row.flag === true ? `é€😀 ${index}` : row.medium }))],
  ['expand', (rows) => rows.flatMap((row) => ['å', null, 'c', 'd'].map((text) => ({ ...row, text })))],
  ['filter', (rows) => rows.filter((_, index) => index % 2 === 0)],
  ['filter', (rows) => rows.filter((_, index) => index % 3 === 0).map((row) => ({ ...row, text: 'changed' }))],
  ['merge', (rows) => rows.slice(1).toReversed()],
  ['merge', (rows) => rows.slice(0, 1)],
  ['expand', (rows) => rows.flatMap((row) => [row, row])],
  ['expand', (rows) => rows.flatMap((row) => [row, { ...row, text: 'again' }])],
  ['map', (rows) => rows.map((row) => Object.assign(row, { text: 'changed in place' }))],
  ['filter', (rows) => rows.filter((row) => Object.assign(row, { large: 7 }).flag !== true)],
  [
    'map',
    (rows) => {
      for (const { document } of rows) if (Array.isArray(document)) document[0] = 'changed';
      return rows;
    },
  ],
];

class NoneOfThem extends Validator<Row> {
  validate(rows: readonly Row[]) {
    return { failures: rows.flatMap((row, index) => (row.flag === true ? [{ index, message: 'is flagged' }] : [])) };
  }
}

/** Records as they are after a round trip through JSON text, which documents go through. */
const copyOf = (rows: readonly Row[]): Row[] => rows.map((row) => structuredClone(row));

function parts(rows: readonly Row[], size: number): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, part) => rows.slice(part * size, (part + 1) * size));
}

test('what rows become in columns does not depend on what was in columns before', async () => {
  const generated = fc.record({
    rows: arbitraryRows(EVERY_TYPE, 10),
    steps: fc.array(fc.constantFrom(...changes), { minLength: 1, maxLength: 3 }),
    validated: fc.boolean(),
    recordsAtOnce: fc.integer({ min: 1, max: 12 }),
    contract: fc.option(fc.constantFrom(z.looseObject({}), z.object({ text: z.string().nullish(), large: z.any() }))),
  });
  const property = fc.asyncProperty(generated, async ({ rows, steps, validated, recordsAtOnce, contract }) => {
    const { columns } = columnsFromRows(EVERY_TYPE, rows);
    let expected = copyOf(rowsFromColumns<Row>(columns));
    let batch: Batch = new Batch(identity, { columns, rowNumbers: 1 });
    for (const [effect, change] of steps) {
      const atOnce = effect === 'merge' || !batch.records.columnar ? expected.length : recordsAtOnce;
      expected = copyOf(parts(expected, atOnce).flatMap((part) => change(part)));
      batch = (await transformStage(new Change(effect, change), recordsAtOnce).apply(batch)).batch;
    }
    if (validated) {
      expected = expected.filter(({ flag }) => flag !== true);
      batch = (await validateStage(new NoneOfThem()).apply(batch)).batch;
    }
    if (contract !== null) {
      const checked = expected.map((row) => contract.safeParse(row));
      expected = checked.flatMap(({ success, data }): Row[] => (success ? [data] : []));
      batch = (await contractStage(contract, 'to').apply(batch)).batch;
    }
    const written = batch.toColumns(EVERY_TYPE);
    const reference = columnsFromRows(EVERY_TYPE, expected);
    expect(rowsFromColumns(written.columns())).toStrictEqual(rowsFromColumns(reference.columns));
    expect(written.rejections.map(({ message }) => message)).toEqual(
      reference.failures.map(({ column, message }) => `${column} ${message}`),
    );
  });
  await fc.assert(property, { seed: 4, numRuns: Number(process.env.PROPERTY_RUNS ?? 300) });
});

test('columns that a transformer leaves alone are passed on as they are, with their types', async () => {
  const rows = [1, 2, 3].map((id) => ({ id, price: '1.50', note: 'x' }));
  const { columns } = columnsFromRows(
    {
      fields: [
        { name: 'id', type: { kind: 'int32' }, nullable: false },
        { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 }, nullable: false },
        { name: 'note', type: { kind: 'string' }, nullable: true },
      ],
    },
    rows,
  );
  const batch: Batch = new Batch(identity, { columns, rowNumbers: 1 });
  const shout = new Change('map', (given) => given.map((row) => ({ ...row, note: `${row.note}!` })));
  const { batch: transformed } = await transformStage(shout).apply(batch);
  const written = transformed.toColumns().columns();
  expect(written.column('id')).toBe(columns.column('id'));
  expect(written.column('price')).toBe(columns.column('price'));
  expect(rowsFromColumns(written)).toEqual(rows.map((row) => ({ ...row, note: 'x!' })));
  const filter = new Change('filter', (given) => given.filter(({ id }) => id !== 2));
  const { batch: filtered } = await transformStage(filter).apply(batch);
  expect(filtered.toColumns().columns().column('price').field.type).toEqual(columns.column('price').field.type);
});

test('what a transformer makes suggests the types of its columns, value by value, as loose rows do', async () => {
  const { columns } = columnsFromRows(
    { fields: [{ name: 'id', type: { kind: 'int32' }, nullable: false }] },
    [1, 2, 3].map((id) => ({ id })),
  );
  const made = [
    { whole: 1, mixed: 1, part: 1, day: new Date(0), list: [1], empty: null, sometimes: null },
    { whole: 2, mixed: '1', part: 2.5, day: new Date(1), list: [], empty: null, sometimes: true },
    { whole: 3n, mixed: 2, part: null, day: null, list: {}, empty: undefined, sometimes: undefined },
  ];
  const add = new Change('map', (given) => given.map((row, index) => ({ ...row, ...made[index] })));
  const { batch } = await transformStage(add, 2).apply(new Batch(identity, { columns, rowNumbers: 1 }));
  const int32 = { name: 'id', type: { kind: 'int32' }, nullable: true } as const;
  expect(batch.schema()).toEqual(inferSchema(batch.rows(), { fields: [int32] }));
  expect(batch.schema().fields.map(({ type }) => type.kind)).toEqual([
    'int32',
    'int64',
    'string',
    'float64',
    'timestamp',
    'json',
    'string',
    'boolean',
  ]);
});
