import { expect, it } from 'vitest';
import type { Columns } from '../../../skeleton/base/src/runtime/columns/columns.ts';
import { Batch } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { columnTransformStage } from '../../../skeleton/base/src/runtime/pipeline/transform-stage.ts';
import { ColumnTransformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';

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
