import type { Client } from 'pg';
import { z } from 'zod';
import type { SourcePosition } from './source-position.ts';
import { type SourceQuery, selectStatement } from './source-query.ts';

const planSchema = z.tuple([
  z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) }),
]);

/** Fewer are counted: that is quick, and the planner knows little of small tables. */
const COUNTED_BELOW = 100_000;

/** Records to come, as the planner sees it. */
export async function estimateRows(
  client: Client,
  query: SourceQuery,
  position: SourcePosition | undefined,
): Promise<number | undefined> {
  const select = selectStatement({ ...query, columns: query.columns.slice(0, 1) }, position);
  const { rows } = await client.query(`EXPLAIN (FORMAT json) ${select}`);
  const plan = planSchema.safeParse(rows);
  const estimate = plan.data?.[0]['QUERY PLAN'][0].Plan['Plan Rows'];
  if (estimate === undefined || estimate >= COUNTED_BELOW) return estimate;
  const counted = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM (${select}) AS counted`);
  return counted.rows[0]?.count;
}
