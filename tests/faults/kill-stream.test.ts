import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disturbedRun } from './disturbed-run.ts';
import { ended, renderServices, type Service } from './service.ts';

const ROWS = 300_000;
const CUSTOMERS = 50_000;
let service: Service;

const RESOURCE = `
import { z } from 'zod';
import { SqlStreamTransformer } from '../runtime/engines/duckdb/index.ts';
import { resource } from '../runtime/resource.ts';
import { integer } from '../runtime/schema/fields.ts';

const Payment = z.object({ payment_id: integer(), customer_id: integer(), cents: integer(), note: z.string() });
type Payment = z.output<typeof Payment>;
const Customer = z.object({ customer_id: z.int(), payments: z.int(), cents: z.int(), first_note: z.string() });
type Customer = z.output<typeof Customer>;

class TotalsByCustomer extends SqlStreamTransformer<Payment, Customer> {
  override readonly effect = 'merge';
  readonly sql = \`
    SELECT customer_id, count(*) AS payments, sum(cents)::BIGINT AS cents, arg_min(note, payment_id) AS first_note
    FROM stream
    GROUP BY customer_id
    ORDER BY customer_id\`;
}

export const orders = resource('orders').from(Payment).transform(new TotalsByCustomer()).to(Customer);
`;

function writePayments(cents: (index: number) => number): void {
  const lines = Array.from({ length: ROWS }, (_, index) =>
    [index, index % CUSTOMERS, index % 30_000 === 7 ? 'many' : cents(index), `payment number ${index}`].join(),
  );
  const header = 'payment_id,customer_id,cents,note';
  writeFileSync(service.path('data/landing/orders/payments.csv'), `${[header, ...lines].join('\n')}\n`);
}

beforeAll(async () => {
  [service] = (await renderServices([
    { sources: ['files'], sinks: ['files'], mode: 'full', engine: 'duckdb', quality: 'contract' },
  ])) as [Service];
  for (const file of readdirSync(service.path('data/landing/orders')))
    rmSync(service.path('data/landing/orders', file));
  writeFileSync(service.path('src/resources/orders.ts'), RESOURCE);
  const yaml = service.path('pipeline.yaml');
  writeFileSync(
    yaml,
    readFileSync(yaml, 'utf8').replace('format: parquet', 'format: ndjson').replace('max: 100', 'max: 1000'),
  );
});
afterAll(() => service.remove());

/** The totals in the sink, by customer. */
function totals(): Map<number, { payments: number; cents: number; first_note: string }> {
  const folder = service.path('data/exports/orders');
  const parts = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('part-')) : [];
  const lines = parts.flatMap((name) => readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n'));
  const records = lines.map((line) => JSON.parse(line));
  expect(new Set(records.map(({ customer_id }) => customer_id)).size).toBe(records.length);
  return new Map(records.map(({ customer_id, ...rest }) => [customer_id, rest]));
}

function expectTotals(cents: (index: number) => number): void {
  const expected = new Map<number, { payments: number; cents: number; first_note: string }>();
  for (let index = 0; index < ROWS; index++) {
    if (index % 30_000 === 7) continue;
    const known = expected.get(index % CUSTOMERS) ?? { payments: 0, cents: 0, first_note: `payment number ${index}` };
    expected.set(index % CUSTOMERS, { ...known, payments: known.payments + 1, cents: known.cents + cents(index) });
  }
  expect(totals()).toEqual(expected);
  const letters = readFileSync(service.path('data/dead-letters/orders.ndjson'), 'utf8').trimEnd().split('\n');
  const numbers = letters.map((line) => JSON.parse(line).rowNumber).toSorted((a: number, b: number) => a - b);
  expect(numbers).toEqual(Array.from({ length: ROWS / 30_000 }, (_, index) => index * 30_000 + 8));
}

test('totals over the whole stream survive a run that is killed again and again', { timeout: 300_000 }, async () => {
  writePayments((index) => index);
  let kills = 0;
  let complete = false;
  for (let attempt = 0; attempt < 10 && !complete; attempt++) {
    const child = service.start(['run']);
    const end = ended(child);
    await delay(300 + attempt * 150);
    child.kill('SIGKILL');
    // A run that was faster, or was killed behind its commit, has done all that there is to do.
    complete = (await end).signal !== 'SIGKILL' || totals().size > 0;
    if (!complete) kills += 1;
  }
  expect(kills).toBeGreaterThan(2);
  if (!complete) expect(await service.pipeline(['run'])).toMatchObject({ code: 0 });
  expectTotals((index) => index);
});

test('a run that is stopped leaves the totals of the one before, and the next one replaces them', async () => {
  expect(await service.pipeline(['run'])).toMatchObject({ code: 0 });
  rmSync(service.path('data/dead-letters/orders.ndjson'));
  writePayments((index) => 2 * index);
  const intermediate = service.path('data/duckdb/orders/orders');
  const stopped = await disturbedRun(service, {}, { step: 'batch extracted', occurrence: 3 }, async (run) => {
    expect(existsSync(intermediate)).toBe(true);
    run.kill('SIGTERM');
    return undefined;
  });
  expect(stopped).toMatchObject({ code: 75, stderr: expect.stringContaining('INTERRUPTED') });
  expect(totals().get(100)).toMatchObject({ cents: 100 + 50_100 + 100_100 + 150_100 + 200_100 + 250_100 });
  expect(existsSync(intermediate)).toBe(false);
  expect(await service.pipeline(['run'])).toMatchObject({ code: 0 });
  expectTotals((index) => 2 * index);
});

test('a sink or a mode that does not suit it is refused before a record moves', async () => {
  const other = service.copy();
  const yaml = other.path('pipeline.yaml');
  writeFileSync(
    yaml,
    readFileSync(yaml, 'utf8').replace('mode: replace', 'mode: append').replace('mode: full', 'mode: incremental'),
  );
  const run = await other.pipeline(['validate']);
  other.remove();
  expect(run.code).toBe(64);
  expect(run.stderr).toContain(
    'TotalsByCustomer works on the whole stream, and this reads only what is new; set `mode: full`',
  );
  expect(run.stderr).toContain('so that its result is all that the sink holds; set `mode: replace`');
});
