import { type DataFrame, FrameTransformer, pl } from '../runtime/engines/polars/index.ts';
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
  readonly total_eur: number;
  readonly ordered_at: string;
  readonly updated_at: string;
};

/** Euros for one unit of a currency. */
type Rates = Readonly<Record<'EUR' | 'GBP' | 'USD', number>>;

const RATES: Rates = { EUR: 1, GBP: 1.15, USD: 0.92 };

/** Works out the total of an order in euros, to the cent. What cannot be cast becomes a dead letter. */
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
    const price = pl.col('unit_price').cast(pl.Float64, true);
    const quantity = pl.col('quantity').cast(pl.Int32, true);
    return orders
      .withColumns(
        pl.col('order_id').cast(pl.Int64, true),
        pl.col('customer_id').cast(pl.Int64, true),
        quantity,
        price.mul(quantity).mul(rate).round(2).alias('total_eur'),
      )
      .drop('currency', 'unit_price');
  }
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

export const orders = resource<RawOrder>('orders').transform(new ToEuro(RATES)).validate(new PlausibleOrder());
