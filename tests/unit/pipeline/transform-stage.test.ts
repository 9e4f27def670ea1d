import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Columns } from '../../../skeleton/base/src/runtime/columns/columns.ts';
import { Batch, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { contractStage } from '../../../skeleton/base/src/runtime/pipeline/contract-stage.ts';
import { columnTransformStage, transformStage } from '../../../skeleton/base/src/runtime/pipeline/transform-stage.ts';
import { ColumnTransformer, Transformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { decimal } from '../../../skeleton/base/src/runtime/schema/fields.ts';
import { describeType } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';

class Same extends ColumnTransformer<{ id: number }, { id: number }> {
  transformColumns(columns: Columns): Columns {
    return columns;
  }
}

it('does not refuse once more what could not be read', async () => {
  const identity = { stream: 'orders/orders', sequence: 0, position: {}, origin: 'orders.csv' };
  const columns = new Batch<{ id: number }>(identity, { rows: [{ id: 1 }, { id: 2 }] }).toColumns().columns();
  const unreadable = { record: '3,broken', rowNumber: 3, message: 'has two fields' };
  const extracted = new Batch<{ id: number }>(identity, { columns, rejections: [unreadable] });
  const { batch, rejections } = await columnTransformStage(new Same()).apply(extracted);
  expect(rejections).toEqual([]);
  expect(batch.rows()).toEqual([{ id: 1 }, { id: 2 }]);
});

it('keeps the types of a contract for columns that it does not touch', async () => {
  const Order = z.object({ day: z.iso.date(), total: decimal(12, 2), note: z.string(), due: z.iso.date() });
  type Order = z.output<typeof Order>;
  class Change extends Transformer<Order, Order> {
    transform(rows: readonly Order[]): Order[] {
      return rows.map((row) => ({ ...row, note: row.note.toUpperCase(), due: 'some day' }));
    }
  }
  const identity = { stream: 'orders/orders', sequence: 0, position: {}, origin: 'orders.csv' };
  const rows = [{ day: '2026-01-31', total: '19.90', note: 'a', due: '2026-02-01' }];
  const text = (name: string) => ({ name, type: { kind: 'string' }, nullable: true }) as const;
  const given = new Batch<Row>(identity, { rows }).toColumns({ fields: ['day', 'total', 'note', 'due'].map(text) });
  const checked = (await contractStage<Row, Order>(Order, 'from').apply(given)).batch;
  const changed = (await transformStage(new Change()).apply(checked)).batch;
  const again = (await transformStage(new Change()).apply(changed)).batch.toColumns();
  expect(again.columns().schema.fields.map(({ type }) => describeType(type))).toEqual([
    'date',
    'decimal(12,2)',
    'string',
    'string',
  ]);
  expect(again.rows()).toEqual([{ day: '2026-01-31', total: '19.90', note: 'A', due: 'some day' }]);
});

it('leaves in columns what a filter passes on, where nothing of a part is left, too', async () => {
  class Large extends Transformer<Row, Row> {
    override readonly effect = 'filter';
    transform(rows: readonly Row[]): Row[] {
      return rows.filter(({ id }) => Number(id) > 4 || id === 1);
    }
  }
  const identity = { stream: 'orders/orders', sequence: 0, position: {}, origin: 'orders.csv' };
  const rows = [1, 2, 3, 4, 5, 6].map((id) => ({ id, note: `number ${id}` }));
  const columns = new Batch<Row>(identity, { rows }).toColumns().columns();
  const { batch, filtered } = await transformStage(new Large(), 2).apply(
    new Batch(identity, { columns, rowNumbers: 10 }),
  );
  expect(filtered).toBe(3);
  expect(batch.columns().length).toBe(3);
  expect(batch.rows()).toEqual([rows[0], rows[4], rows[5]]);
  expect([0, 1, 2].map((index) => batch.rowNumber(index))).toEqual([10, 14, 15]);
});

it('tells where the other records come from when one is set aside', async () => {
  class Double extends Transformer<Row, Row> {
    transform(rows: readonly Row[]): Row[] {
      return rows.map(({ id }) => {
        if (id === 3) throw new RangeError('three is too much');
        return { id: 2 * Number(id) };
      });
    }
  }
  const identity = { stream: 'orders/orders', sequence: 0, position: {}, origin: 'orders.csv' };
  const rows = [1, 2, 3, 4].map((id) => ({ id }));
  const columns = new Batch<Row>(identity, { rows }).toColumns().columns();
  const { batch, rejections } = await transformStage(new Double()).apply(
    new Batch(identity, { columns, rowNumbers: 10 }),
  );
  expect(rejections).toMatchObject([{ record: { id: 3 }, rowNumber: 12 }]);
  expect(batch.rows()).toEqual([{ id: 2 }, { id: 4 }, { id: 8 }]);
  expect([0, 1, 2].map((index) => batch.rowNumber(index))).toEqual([10, 11, 13]);
});
