import { z } from 'zod';
import { type DataFrame, FrameTransformer, pl } from '../runtime/engines/polars/index.ts';
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
export class LatestVersion extends FrameTransformer<RawOrder, RawOrder> {
  override readonly effect = 'merge';

  transformFrame(orders: DataFrame): DataFrame {
    return orders.sort('updated_at').unique({ subset: ['order_id'], keep: 'last', maintainOrder: true });
  }
}

/** Works out the total of an order in euros, to the cent. */
export class ToEuro extends FrameTransformer<RawOrder, Order> {
  readonly #rates: Rates;

  constructor(rates: Rates) {
    super();
    this.#rates = rates;
  }

  transformFrame(orders: DataFrame): DataFrame {
    const currency = pl.col('currency');
    const rate = pl
      .when(currency.eq(pl.lit('GBP')))
      .then(pl.lit(this.#rates.GBP))
      .when(currency.eq(pl.lit('USD')))
      .then(pl.lit(this.#rates.USD))
      .otherwise(pl.lit(this.#rates.EUR));
    const total = pl.col('unit_price').cast(pl.Float64).mul(pl.col('quantity')).mul(rate).round(2);
    return orders.withColumn(total.alias('total_eur')).drop('currency', 'unit_price');
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
