import { z } from 'zod';
import { SqlTransformer } from '../runtime/engines/duckdb/index.ts';
import { type ValidationReport, Validator } from '../runtime/pipeline/validator.ts';
import { resource } from '../runtime/resource.ts';
import { decimal, instant, integer } from '../runtime/schema/fields.ts';

/** What the shop delivers. */
export const RawOrder = z.object({
  order_id: integer(),
  customer_id: integer(),
  country: z.string().regex(/^[A-Z]{2}$/, 'is not a country code'),
  currency: z.enum(['EUR', 'GBP', 'USD']),
  quantity: integer(),
  unit_price: decimal(12, 2),
  status: z.enum(['placed', 'paid', 'shipped', 'cancelled']),
  ordered_at: instant(),
  updated_at: instant(),
});
export type RawOrder = z.output<typeof RawOrder>;

/** What the sink holds: one row an order, its total in euros. */
export const Order = z.object({
  order_id: integer(),
  customer_id: integer(),
  country: z.string(),
  status: z.string(),
  quantity: integer(),
  total_eur: decimal(14, 2),
  ordered_at: instant(),
  updated_at: instant(),
});
export type Order = z.output<typeof Order>;

/** The shop exports an order again whenever it changes: keeps the newest version in a batch. */
export class LatestVersion extends SqlTransformer<RawOrder, RawOrder> {
  override readonly effect = 'merge';

  readonly sql = `
    SELECT *
    FROM batch
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY updated_at DESC) = 1
    ORDER BY order_id`;
}

/** Works out the total of an order in euros, to the cent. */
export class ToEuro extends SqlTransformer<RawOrder, Order> {
  readonly sql = `
    SELECT
      * EXCLUDE (currency, unit_price),
      round(unit_price * quantity * CASE currency WHEN 'GBP' THEN 1.15 WHEN 'USD' THEN 0.92 ELSE 1 END, 2) AS total_eur
    FROM batch`;
}

/** An order has something in it, and does not change before it is placed. */
export class PlausibleOrder extends Validator<Order> {
  validate(orders: readonly Order[]): ValidationReport {
    const failures = orders.flatMap(({ quantity, ordered_at, updated_at }, index) => {
      if (quantity < 1) return [{ index, column: 'quantity', message: `quantity is ${quantity}` }];
      if (updated_at < ordered_at) return [{ index, column: 'updated_at', message: 'changed before it was placed' }];
      return [];
    });
    return { failures };
  }
}

export const orders = resource('orders')
  .from(RawOrder)
  .transform(new LatestVersion())
  .transform(new ToEuro())
  .validate(new PlausibleOrder())
  .to(Order);
