import { expect, test } from 'vitest';
import { type Order, orders, PlausibleOrder, type RawOrder, ToEuro } from '../src/resources/orders.ts';
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
  total_eur: 55.17,
  ordered_at: new Date('2026-01-05T09:00:00Z'),
  updated_at: new Date('2026-01-05T09:30:00Z'),
};

test('totals are in euros, to the cent', () => {
  expect(new ToEuro({ USD: 0.92 }).transform([raw])).toEqual([order]);
});

test.each([
  { flaw: { quantity: 'three' }, message: 'quantity is "three", not a number' },
  { flaw: { customer_id: null }, message: 'customer_id is null, not a number' },
  { flaw: { ordered_at: 'soon' }, message: 'ordered_at is "soon", not a date' },
  { flaw: { currency: 'DEM' }, message: 'no rate for the currency DEM' },
])('what cannot be converted is named: $message', ({ flaw, message }) => {
  expect(() => new ToEuro({ USD: 0.92 }).transform([{ ...raw, ...flaw }])).toThrow(message);
});

test('an implausible order is refused', () => {
  const { failures } = new PlausibleOrder().validate([order, { ...order, quantity: 0 }]);
  expect(failures).toMatchObject([{ index: 1, message: 'quantity is 0' }]);
});

test('good records reach the sink, bad ones the dead letters, and all are accounted for', async () => {
  const rows = [raw, { ...raw, order_id: '2', quantity: '1' }, { ...raw, order_id: 3, unit_price: 'free' }];
  const { written, deadLetters, counts } = await runDefinition(orders, rows);
  expect(written).toMatchObject([
    { order_id: 1, total_eur: 55.17 },
    { order_id: 2, total_eur: 18.39 },
  ]);
  expect(deadLetters.flatMap(({ rejections }) => rejections)).toMatchObject([
    { rowNumber: 3, message: 'unit_price is "free", not a number' },
  ]);
  expect(counts).toMatchObject({ read: 3, written: 2, deadLettered: 1 });
});
