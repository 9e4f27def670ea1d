import { Transformer } from '../runtime/pipeline/transformer.ts';
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
  readonly ordered_at: Date;
  readonly updated_at: Date;
};

/** Euros for one unit of a currency. */
type Rates = Readonly<Record<string, number>>;

const RATES: Rates = { EUR: 1, GBP: 1.15, USD: 0.92 };

/** Works out the total of an order in euros, to the cent. What it cannot make sense of becomes a dead letter. */
export class ToEuro extends Transformer<RawOrder, Order> {
  readonly #rates: Rates;

  constructor(rates: Rates) {
    super();
    this.#rates = rates;
  }

  transform(orders: readonly RawOrder[]): Order[] {
    return orders.map((order) => {
      const rate = this.#rates[String(order.currency)];
      if (rate === undefined) throw new RangeError(`no rate for the currency ${order.currency}`);
      const quantity = number(order, 'quantity');
      return {
        order_id: number(order, 'order_id'),
        customer_id: number(order, 'customer_id'),
        country: String(order.country),
        status: String(order.status),
        quantity,
        total_eur: Math.round(number(order, 'unit_price') * quantity * rate * 100) / 100,
        ordered_at: date(order, 'ordered_at'),
        updated_at: date(order, 'updated_at'),
      };
    });
  }
}

function number(order: RawOrder, column: keyof RawOrder): number {
  const value = order[column];
  const converted = value === null || value === '' ? Number.NaN : Number(value);
  if (Number.isNaN(converted)) throw new TypeError(`${column} is ${JSON.stringify(value)}, not a number`);
  return converted;
}

function date(order: RawOrder, column: keyof RawOrder): Date {
  const converted = new Date(String(order[column]));
  if (Number.isNaN(converted.getTime()))
    throw new TypeError(`${column} is ${JSON.stringify(order[column])}, not a date`);
  return converted;
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

export const orders = resource<RawOrder>('orders').transform(new ToEuro(RATES)).validate(new PlausibleOrder());
