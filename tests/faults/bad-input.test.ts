import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ended, renderServices, type Service } from './service.ts';

let rendered: Service;
let service: Service;

beforeAll(async () => {
  [rendered] = (await renderServices([{ sources: ['files'], sinks: ['delta'] }])) as [Service];
  for (const file of ['2026-01.csv', '2026-02.csv', '2026-03.ndjson'])
    rmSync(rendered.path('data/landing/orders', file));
});
beforeEach(() => {
  service?.remove();
  service = rendered.copy();
});
afterAll(() => {
  service.remove();
  rendered.remove();
});

const HEADER = 'order_id,customer_id,country,currency,quantity,unit_price,status,ordered_at,updated_at';
const row = (id: number): string => `${id},7,DE,EUR,2,19.99,paid,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z`;
const rows = (count: number): string[] => Array.from({ length: count }, (_, index) => row(index + 1));

function land(name: string, contents: string | Buffer | readonly string[]): void {
  const text = Array.isArray(contents) ? `${contents.join('\n')}\n` : contents;
  writeFileSync(service.path('data/landing/orders', name), text as string | Buffer);
}

function editPipeline(change: (text: string) => string): void {
  const file = service.path('pipeline.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** The counts that `run --json` and `history --json` tell. */
async function counts(): Promise<unknown> {
  const { stdout } = await service.pipeline(['history', '--json', '--limit', '1']);
  return JSON.parse(stdout)[0].counts;
}

async function deadLetters(): Promise<{ stage: string; rowNumber?: number; error: { message: string } }[]> {
  const { stdout } = await service.pipeline(['dlq', 'list', '--json']);
  return JSON.parse(stdout);
}

test('no file at all: the path is named, and the run fails', async () => {
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/NOT_FOUND.*orders\/\*/s);
  expect(code).toBe(1);
});

test('a file that may not be read: it is named', async () => {
  land('orders.csv', [HEADER, row(1)]);
  const { code, stderr } = await ended(service.startUnprivileged(['run'], 'data/landing/orders/orders.csv'));
  expect(stderr).toMatch(/ACCESS_DENIED.*orders\.csv/s);
  expect(code).toBe(1);
});

test('an empty file and a file of only a header hold no records, and that is no failure', async () => {
  land('empty.csv', '');
  land('header.csv', [HEADER]);
  land('orders.csv', [HEADER, ...rows(3)]);
  const { code, stdout } = await service.pipeline(['run']);
  expect(stdout).toContain('0 unaccounted');
  expect(code).toBe(0);
  expect(await counts()).toMatchObject({ read: 3, written: 3, deadLettered: 0 });
});

test('the wrong delimiter: nothing is moved, and the hint says where to look', async () => {
  land('orders.csv', [HEADER, ...rows(3)].join('\n').replaceAll(',', ';'));
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/delimiter/);
  expect(code).toBe(1);
  expect(await counts()).toMatchObject({ written: 0 });
});

test('an unknown column stops the run before a record is moved', async () => {
  land('orders.csv', [`${HEADER},coupon`, ...rows(3).map((line) => `${line},SPRING`)]);
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/SCHEMA_DRIFT.*coupon/s);
  expect(code).toBe(1);
  expect(await counts()).toMatchObject({ written: 0 });
});

test('invalid UTF-8: that record is a dead letter, the others arrive', async () => {
  const [first = '', second = '', third = ''] = rows(3);
  const bad = Buffer.concat([Buffer.from(second.slice(0, 4)), Buffer.from([0xff, 0xfe]), Buffer.from(second.slice(6))]);
  const newline = Buffer.from('\n');
  const lines = [HEADER, first, bad, third].flatMap((line) => [Buffer.from(line), newline]);
  land('orders.csv', Buffer.concat(lines));
  editPipeline((text) => text.replace('share: 0.05', 'share: 1'));
  const { code } = await service.pipeline(['run']);
  expect(code).toBe(0);
  expect(await counts()).toMatchObject({ read: 3, written: 2, deadLettered: 1 });
  expect(await deadLetters()).toMatchObject(
    [{ stage: 'extract', rowNumber: 2, error: { message: /UTF-8/ } }].map((letter) => ({
      ...letter,
      error: { message: expect.stringMatching(/UTF-8/) },
    })),
  );
});

test('a line of 50 MB: a dead letter that keeps its beginning', async () => {
  land('orders.csv', [HEADER, row(1), `2,7,${'x'.repeat(50_000_000)},EUR`, row(3)]);
  editPipeline((text) => text.replace('share: 0.05', 'share: 1'));
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).not.toContain('heap');
  expect(code).toBe(0);
  expect(await counts()).toMatchObject({ read: 3, written: 2, deadLettered: 1 });
  expect((await deadLetters())[0]).toMatchObject({ stage: 'extract', rowNumber: 2 });
});

test('a truncated Parquet file is named, and nothing of it is taken', async () => {
  land('orders.parquet', Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(2_000, 7)]));
  truncateSync(service.path('data/landing/orders/orders.parquet'), 1_000);
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/UNREADABLE.*orders\.parquet/s);
  expect(code).toBe(1);
});

test('more dead letters than allowed: exit 3, and the letters are kept', async () => {
  land('orders.csv', [HEADER, ...rows(5), '6,x,DE', '7,y,DE']);
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/DEAD_LETTER_BUDGET/);
  expect(code).toBe(3);
  expect(await deadLetters()).toHaveLength(2);
});

test.each([
  ['a missing variable', (text: string) => text.replace('${LAKE_PATH:-./data/lake}', '${LAKE_PATH}'), /LAKE_PATH/],
  ['an unknown key', (text: string) => text.replace('schemaEvolution:', 'schemaEvolutoin:'), /schemaEvolution/],
  ['a tab', (text: string) => text.replace('  orders:', '\torders:'), /[Tt]ab/],
  ['a connection that is not there', (text: string) => text.replace('connection: lake', 'connection: lak'), /lake/],
  [
    'a literal secret',
    (text: string) => text.replace('secret: "${ALERT_WEBHOOK_SECRET:-}"', 'secret: whsec_c2VjcmV0'),
    /environment/,
  ],
])('%s in pipeline.yaml: exit 64 with the line, and nothing is moved', async (_, change, hint) => {
  land('orders.csv', [HEADER, ...rows(3)]);
  editPipeline(change);
  const { code, stderr } = await service.pipeline(['run']);
  expect(stderr).toMatch(/pipeline\.yaml:\d+/);
  expect(stderr).toMatch(hint);
  expect(stderr).not.toContain('c2VjcmV0');
  expect(code).toBe(64);
});

test('an unknown command or option: exit 64', async () => {
  expect((await service.pipeline(['runn'])).code).toBe(64);
  expect((await service.pipeline(['run', '--fast'])).code).toBe(64);
  expect((await service.pipeline(['run', 'ordres'])).code).toBe(64);
});
