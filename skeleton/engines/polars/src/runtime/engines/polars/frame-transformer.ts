import { setImmediate } from 'node:timers/promises';
import type { Columns } from '../../columns/columns.ts';
import { ColumnTransformer } from '../../pipeline/transformer.ts';
import { columnsFromFrame } from './columns-from-frame.ts';
import { frameFromColumns } from './frame-from-columns.ts';
import type { DataFrame } from './polars.ts';

/**
 * Turns batches of records into others with polars. No row is made on the way.
 *
 * ```ts
 * class AddTotal extends FrameTransformer<Order, PricedOrder> {
 *   transformFrame(frame: DataFrame): DataFrame {
 *     return frame.withColumns(pl.col('quantity').mul(pl.col('price')).as('total'));
 *   }
 * }
 * ```
 *
 * How column types and polars types correspond: docs/engines/polars.md. A frame is one batch, so an aggregation is
 * one over the batch, not over the resource.
 */
export abstract class FrameTransformer<Input, Output> extends ColumnTransformer<Input, Output> {
  abstract transformFrame(frame: DataFrame): DataFrame;

  /** Each step takes milliseconds that nothing can interrupt; heartbeats and signals have their turn between them. */
  override async transformColumns(columns: Columns): Promise<Columns> {
    const frame = frameFromColumns(columns);
    await setImmediate();
    const transformed = this.transformFrame(frame);
    await setImmediate();
    return columnsFromFrame(transformed, columns.schema);
  }
}
