import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Writes the orders that ship with a generated repository: three files as a shop might deliver them, with the flaws
 * that real files have. The same every time. Run it with `node scripts/sample-data.ts`.
 */
const FOLDER = fileURLToPath(new URL('../skeleton/samples/files/data/landing/orders', import.meta.url));

type Order = Record<(typeof COLUMNS)[number], string | number | null>;

const COLUMNS = [
  'order_id',
  'customer_id',
  'country',
  'currency',
  'quantity',
  'unit_price',
  'status',
  'ordered_at',
  'updated_at',
] as const;

const COUNTRIES = ['DE', 'FR', 'GB', 'US', 'NL', 'IT', 'ES', 'PL'];
const CURRENCIES: Readonly<Record<string, string>> = { GB: 'GBP', US: 'USD' };
const STATUSES = ['placed', 'paid', 'shipped', 'shipped', 'shipped', 'cancelled'];

/** A linear congruential generator (Numerical Recipes, 2nd edition, page 284): the same numbers on every machine. */
let state = 20_260_101;
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 4_294_967_296) * limit);
}

function pick(values: readonly string[]): string {
  return values[random(values.length)] ?? '';
}

function order(id: number, month: number): Order {
  const country = pick(COUNTRIES);
  const placed = Date.UTC(2026, month - 1, 1 + random(28), random(24), random(60), random(60));
  return {
    order_id: id,
    customer_id: 1 + random(900),
    country,
    currency: CURRENCIES[country] ?? 'EUR',
    quantity: 1 + random(9),
    unit_price: (1 + random(20_000) / 100).toFixed(2),
    status: pick(STATUSES),
    ordered_at: timestamp(placed),
    updated_at: timestamp(placed + random(72 * 3_600_000)),
  };
}

function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** What goes wrong in files, by the number of the order it happens to. */
const FLAWS: readonly ((order: Order) => void)[] = [
  (order) => Object.assign(order, { customer_id: null }),
  (order) => Object.assign(order, { quantity: 'three' }),
  (order) => Object.assign(order, { unit_price: '12,50' }),
  (order) => Object.assign(order, { country: 'Germany' }),
  (order) => Object.assign(order, { status: 'unknown' }),
  (order) => Object.assign(order, { ordered_at: '31.02.2026' }),
  (order) => Object.assign(order, { quantity: 0 }),
  (order) => Object.assign(order, { updated_at: '2025-12-01T00:00:00Z' }),
];

function month(number: number, firstId: number, count: number): Order[] {
  const orders = Array.from({ length: count }, (_, index) => order(firstId + index, number));
  FLAWS.forEach((spoil, index) => {
    const spoiled = orders[150 + index * 173];
    if (spoiled !== undefined) spoil(spoiled);
  });
  const again = orders.filter((_, index) => index % 97 === 5).map((known) => ({ ...known, status: 'shipped' }));
  return [...orders, ...again];
}

function csv(orders: readonly Order[]): string[] {
  return [COLUMNS.join(','), ...orders.map((row) => COLUMNS.map((column) => row[column] ?? '').join(','))];
}

/** Bytes that are no UTF-8, as when a Latin-1 system writes an é into the file. */
function withBadEncoding(line: string): Buffer {
  const [before = '', after = ''] = line.split(/(?<=^\d+,\d+,)../);
  return Buffer.concat([Buffer.from(before), Buffer.from([0xe9, 0x21]), Buffer.from(after)]);
}

function write(name: string, lines: readonly (string | Buffer)[]): void {
  writeFileSync(
    `${FOLDER}/${name}`,
    Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')]))),
  );
}

mkdirSync(FOLDER, { recursive: true });
const january = csv(month(1, 10_001, 1600));
write(
  '2026-01.csv',
  january.map((line, index) => (index === 700 ? withBadEncoding(line) : line)),
);
const february = csv(month(2, 20_001, 1500));
write(
  '2026-02.csv',
  february.map((line, index) => (index === 900 ? line.slice(0, 25) : line)),
);
const march = month(3, 30_001, 1700).map((row) => JSON.stringify(row));
write(
  '2026-03.ndjson',
  march.map((line, index) => (index === 1200 ? line.slice(0, -30) : line)),
);
