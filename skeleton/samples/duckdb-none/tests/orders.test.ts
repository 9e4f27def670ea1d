import { expect, test } from 'vitest';
import { type Order, orders, PlausibleOrder, type RawOrder } from '../src/resources/orders.ts';
import { runDefinition } from '../src/runtime/testing/run-definition.ts';

const raw: RawOrder = {
  order_id: 1,
  customer_id: 7,
  country: 'DE',
  currency: 'USD',
  quantity: 3,
  unit_price: '19.99',
  status: 'paid',
  ordered_at: '2026-01-05T09:00:00Z',
  updated_at: '2026-01-05T09:30:00Z',
};
const order: Order = {
  order_id: 1,
  customer_id: 7,
  country: 'DE',
  status: 'paid',
  quantity: 3,
  total_eur: '55.17',
  ordered_at: '2026-01-05T09:00:00Z',
  updated_at: '2026-01-05T09:30:00Z',
};

test('totals are in euros, to the cent', async () => {
  const { written } = await runDefinition(orders, [raw, { ...raw, order_id: 2, currency: 'GBP' }]);
  expect(written).toEqual([order, { ...order, order_id: 2, total_eur: '68.97' }]);
});

test.each([
  { flaw: { quantity: 0 }, message: 'quantity is 0' },
  { flaw: { updated_at: '2026-01-04T00:00:00Z' }, message: 'changed before it was placed' },
])('an implausible order is refused: $message', ({ flaw, message }) => {
  const { failures } = new PlausibleOrder().validate([order, { ...order, ...flaw }]);
  expect(failures).toMatchObject([{ index: 1, message }]);
});

test('good records reach the sink, bad ones the dead letters, and all are accounted for', async () => {
  const rows = [raw, { ...raw, order_id: 2, quantity: '1' }, { ...raw, order_id: 3, unit_price: 'free' }];
  const { written, deadLetters, counts } = await runDefinition(orders, rows);
  expect(written).toMatchObject([
    { order_id: 1, total_eur: '55.17' },
    { order_id: 2, total_eur: '18.39' },
  ]);
  expect(deadLetters.flatMap(({ rejections }) => rejections)).toMatchObject([{ rowNumber: 3 }]);
  expect(counts).toMatchObject({ read: 3, written: 2, deadLettered: 1 });
});
