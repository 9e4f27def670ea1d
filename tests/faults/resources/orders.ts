import { z } from 'zod';
import { Transformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { type ValidationReport, Validator } from '../../../skeleton/base/src/runtime/pipeline/validator.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { decimal, instant, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';

const RawOrder = z.object({
  order_id: integer(),
  country: z.string().regex(/^[A-Z]{2}$/, 'is not a country code'),
  quantity: integer(),
  unit_price: decimal(12, 2),
  note: z.string(),
  updated_at: instant(),
});
type RawOrder = z.output<typeof RawOrder>;

const Order = z.object({
  order_id: integer(),
  country: z.string(),
  quantity: integer(),
  total: decimal(14, 2),
  note: z.string(),
  updated_at: instant(),
});
type Order = z.output<typeof Order>;

class WithTotal extends Transformer<RawOrder, Order> {
  transform(orders: readonly RawOrder[]): Order[] {
    return orders.map(({ unit_price, ...order }) => {
      if (order.note === 'poison') throw new Error(`order ${order.order_id} is poison`);
      return { ...order, total: ((Math.round(Number(unit_price) * 100) * order.quantity) / 100).toFixed(2) };
    });
  }
}

class SomethingOrdered extends Validator<Order> {
  validate(orders: readonly Order[]): ValidationReport {
    const failures = orders.flatMap(({ quantity }, index) =>
      quantity < 1 ? [{ index, column: 'quantity', message: `quantity is ${quantity}` }] : [],
    );
    return { failures };
  }
}

export const orders = resource('orders')
  .from(RawOrder)
  .transform(new WithTotal())
  .validate(new SomethingOrdered())
  .to(Order);
