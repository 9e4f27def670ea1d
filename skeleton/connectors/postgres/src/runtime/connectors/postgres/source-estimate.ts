import type { Client } from 'pg';
import { z } from 'zod';
import type { DescribedSource } from './source.ts';
import type { SourcePosition } from './source-position.ts';
import { behind, type QueryPart, selectStatement } from './source-query.ts';
import { nextWindow, partsOf } from './source-windows.ts';
import { beginSnapshot, readTransactions } from './transactions.ts';

const planSchema = z.tuple([
  z.object({
    'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number(), 'Total Cost': z.number() }) })]),
  }),
]);

/** Fewer are counted: that is quick, and the planner knows little of small tables. */
const COUNTED_BELOW = 100_000;
/** In the unit of the planner, a page read in order: what takes more is not done twice for the sake of a progress bar. */
const DEAREST_COUNT = 10_000;

/** Records to come, as the planner sees it; `undefined` when it cannot know how many of a large table are new. */
export async function estimateRows(
  client: Client,
  source: DescribedSource,
  position: SourcePosition | undefined,
): Promise<number | undefined> {
  await beginSnapshot(client);
  let sum = 0;
  for (const part of await partsAhead(client, source, position)) {
    const rows = await estimatePart(client, source, part, position === undefined);
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}

/** Of two windows, the one in hand. */
async function partsAhead(
  client: Client,
  { query, incremental }: DescribedSource,
  position: SourcePosition | undefined,
): Promise<QueryPart[]> {
  const { order } = query;
  const { after, reading, ...rest } = position ?? { rows: 0 };
  if (incremental === undefined || (incremental.table === undefined && incremental.lag === undefined)) {
    return [{ order, conditions: after === undefined ? [] : [behind(order, after)] }];
  }
  const transactions = incremental.table === undefined ? undefined : await readTransactions(client, position);
  const window = reading ?? (await nextWindow(client, query, incremental, transactions));
  return Object.values(partsOf(query, incremental, { ...rest, ...(after && { after }) }, window, transactions));
}

async function estimatePart(
  client: Client,
  { query }: DescribedSource,
  { conditions }: QueryPart,
  all: boolean,
): Promise<number | undefined> {
  const select = selectStatement({ ...query, columns: query.columns.slice(0, 1) }, { conditions, order: [] });
  const { rows } = await client.query(`EXPLAIN (FORMAT json) ${select}`);
  const plan = planSchema.safeParse(rows).data?.[0]['QUERY PLAN'][0].Plan;
  if (plan === undefined) return undefined;
  if (plan['Plan Rows'] >= COUNTED_BELOW && all) return plan['Plan Rows'];
  if (plan['Total Cost'] > DEAREST_COUNT) return all ? plan['Plan Rows'] : undefined;
  const counted = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM (${select}) AS counted`);
  return counted.rows[0]?.count;
}
