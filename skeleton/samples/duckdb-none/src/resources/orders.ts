import { SqlTransformer } from '../runtime/engines/duckdb/index.ts';
import { type ValidationReport, Validator } from '../runtime/pipeline/validator.ts';
import { resource } from '../runtime/resource.ts';

/** What the shop delivers. Nothing checks it on the way in: a column of a file with flaws in it is text. */
export type RawOrder = Readonly<
  Record<
    | 'order_id'
    | 'customer_id'
    | 'country'
    | 'currency'
    | 'quantity'
    | 'unit_price'
    | 'status'
    | 'ordered_at'
    | 'updated_at',
    string | number | null
  >
>;

/** What the sink holds: one row an order, its total in euros. */
export type Order = {
  readonly order_id: number;
  readonly customer_id: number;
  readonly country: string;
  readonly status: string;
  readonly quantity: number;
  readonly total_eur: string;
  readonly ordered_at: string;
  readonly updated_at: string;
};

/** Works out the total of an order in euros, to the cent. What cannot be cast becomes a dead letter. */
export class ToEuro extends SqlTransformer<RawOrder, Order> {
  readonly sql = `
    WITH typed AS (
      SELECT * REPLACE (
        order_id::BIGINT AS order_id,
        customer_id::BIGINT AS customer_id,
        quantity::INTEGER AS quantity,
        unit_price::DECIMAL(12, 2) AS unit_price
      )
      FROM batch
    )
    SELECT
      * EXCLUDE (currency, unit_price),
      round(unit_price * quantity * CASE currency WHEN 'GBP' THEN 1.15 WHEN 'USD' THEN 0.92 ELSE 1 END, 2)
        ::DECIMAL(14, 2) AS total_eur
    FROM typed`;
}

/** An order is somebody's, has something in it, and does not change before it is placed. */
export class PlausibleOrder extends Validator<Order> {
  validate(orders: readonly Order[]): ValidationReport {
    const failures = orders.flatMap(({ customer_id, quantity, ordered_at, updated_at }, index) => {
      if (customer_id === null) return [{ index, column: 'customer_id', message: 'customer_id is missing' }];
      if (quantity < 1) return [{ index, column: 'quantity', message: `quantity is ${quantity}` }];
      if (updated_at < ordered_at) return [{ index, column: 'updated_at', message: 'changed before it was placed' }];
      return [];
    });
    return { failures };
  }
}

export const orders = resource<RawOrder>('orders').transform(new ToEuro()).validate(new PlausibleOrder());
