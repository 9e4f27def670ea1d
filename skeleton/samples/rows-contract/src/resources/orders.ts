import { z } from 'zod';
import { Transformer } from '../runtime/pipeline/transformer.ts';
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

/** Euros for one unit of a currency. */
type Rates = Readonly<Record<RawOrder['currency'], number>>;

const RATES: Rates = { EUR: 1, GBP: 1.15, USD: 0.92 };

/** The shop exports an order again whenever it changes: keeps the newest version in a batch. */
export class LatestVersion extends Transformer<RawOrder, RawOrder> {
  override readonly effect = 'merge';

  transform(orders: readonly RawOrder[]): RawOrder[] {
    const latest = new Map<number, RawOrder>();
    for (const order of orders) {
      const known = latest.get(order.order_id);
      if (known === undefined || order.updated_at >= known.updated_at) latest.set(order.order_id, order);
    }
    return [...latest.values()];
  }
}

/** Works out the total of an order in euros, to the cent. */
export class ToEuro extends Transformer<RawOrder, Order> {
  readonly #rates: Rates;

  constructor(rates: Rates) {
    super();
    this.#rates = rates;
  }

  transform(orders: readonly RawOrder[]): Order[] {
    return orders.map(({ currency, unit_price, ...order }) => {
      const cents = Math.round(Number(unit_price) * 100) * order.quantity * this.#rates[currency];
      return { ...order, total_eur: (Math.round(cents) / 100).toFixed(2) };
    });
  }
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
  .transform(new ToEuro(RATES))
  .validate(new PlausibleOrder())
  .to(Order);
