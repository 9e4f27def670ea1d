import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { OwnDatabase } from '../../support/database.ts';
import type { Service } from '../service.ts';
import { ordersOf, ROUNDS, type Round, type SourceOrder } from './orders.ts';

/** Where the orders come from, as it stands in each round. */
export interface Source {
  /** Takes back what rounds brought. */
  reset(): Promise<void>;
  /** Brings what is new in a round. */
  bring(round: Round): Promise<void>;
  /** Records between two positions of a run, bad ones included. */
  recordsBetween(from: unknown, to: unknown): number;
}

const COLUMNS = ['order_id', 'country', 'quantity', 'unit_price', 'note', 'updated_at'] as const;

/** Orders in a table; a round is one transaction. */
export async function tableSource(shop: OwnDatabase): Promise<Source> {
  const columns = `order_id bigint PRIMARY KEY, country text, quantity integer, unit_price numeric(12,2), note text,
    updated_at timestamptz`;
  await shop.sql(`CREATE TABLE orders (${columns})`);
  for (const round of ROUNDS) {
    await shop.sql(`CREATE TABLE round_${round} (LIKE orders)`);
    const records = JSON.stringify(ordersOf(round));
    await shop.sql(`INSERT INTO round_${round} SELECT * FROM json_populate_recordset(NULL::orders, $1)`, [records]);
  }
  const updates = COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ');
  return {
    async reset() {
      await shop.sql('TRUNCATE orders');
    },
    async bring(round) {
      await shop.sql(
        `INSERT INTO orders SELECT * FROM round_${round} ON CONFLICT (order_id) DO UPDATE SET ${updates}; ANALYZE orders`,
      );
    },
    recordsBetween: (from, to) => rowsOf(to) - rowsOf(from),
  };
}

function rowsOf(position: unknown): number {
  return (position as { readonly rows: number } | undefined)?.rows ?? 0;
}

interface SourceFile {
  readonly name: string;
  readonly round: Round;
  readonly orders: readonly SourceOrder[];
}

/** Orders in three files, and in a fourth one in the second round. CSV has a line in it that is no record. */
export function fileSource(service: Service): Source {
  const first = ordersOf(1);
  const third = Math.ceil(first.length / 3);
  const files: readonly SourceFile[] = [
    { name: 'orders/1.csv', round: 1, orders: first.slice(0, third) },
    { name: 'orders/2.ndjson', round: 1, orders: first.slice(third, 2 * third) },
    { name: 'orders/3.csv', round: 1, orders: first.slice(2 * third) },
    { name: 'orders/4.csv', round: 2, orders: ordersOf(2) },
  ];
  const recordsIn = ({ name, orders }: SourceFile) => orders.length + (name.endsWith('.csv') ? 1 : 0);
  const recordsUpTo = (position: unknown): number => {
    if (position === undefined) return 0;
    const { name, row } = position as { readonly name: string; readonly row: number };
    const before = files.filter((file) => file.name < name).reduce((sum, file) => sum + recordsIn(file), 0);
    return before + row;
  };
  return {
    async reset() {
      for (const { name } of files) rmSync(service.path('data/landing', name), { force: true });
    },
    async bring(round) {
      for (const [index, { name, orders }] of files.entries()) {
        if (files[index]?.round !== round) continue;
        const path = service.path('data/landing', name);
        writeFileSync(path, name.endsWith('.csv') ? toCsv(orders) : toNdjson(orders));
        const modified = new Date(Date.UTC(2026, 5, index + 1));
        utimesSync(path, modified, modified);
      }
    },
    recordsBetween: (from, to) => recordsUpTo(to) - recordsUpTo(from),
  };
}

function toNdjson(orders: readonly SourceOrder[]): string {
  return orders.map((order) => `${JSON.stringify(order)}\n`).join('');
}

function toCsv(orders: readonly SourceOrder[]): string {
  const lines = orders.map((order) =>
    COLUMNS.map((column) => `"${String(order[column]).replaceAll('"', '""')}"`).join(','),
  );
  lines.splice(150, 0, 'this,is,not,a,record,of,this,file');
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
