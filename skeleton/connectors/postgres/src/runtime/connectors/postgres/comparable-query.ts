import type { Client } from 'pg';
import type { Columns } from '../../columns/columns.ts';
import { conformColumns } from '../../columns/conform.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import { RangeChecksums } from '../../verify/range-checksums.ts';
import { digestExpression, rangeExpression, sumExpression } from './canonical-expression.ts';
import { destroyClient } from './client.ts';
import { CopyDecoder } from './copy-decoder.ts';
import { copyOut } from './copy-out.ts';
import { toPipelineError } from './errors.ts';
import { rowForm } from './raw-rows.ts';
import { selectExpression } from './source-query.ts';
import type { PostgresColumn } from './table-columns.ts';

const BATCH_ROWS = 10_000;

/** The rows that are compared. */
export interface ComparedRows {
  /** A quoted table, or a query in brackets. */
  readonly from: string;
  /** Those of the comparison, in its order. */
  readonly columns: readonly PostgresColumn[];
}

/**
 * The rows of a table or a query. The server computes the checksums, in one query for all ranges; rows travel only where
 * these differ. All queries see the same snapshot.
 */
export class ComparableQuery implements Comparable {
  readonly place = 'in the database';
  passes = 0;
  readonly #client: Client;
  readonly #rows: ComparedRows;
  readonly #schema: TableSchema;
  readonly #digest: string;
  readonly #keyDigest: string;

  /** @param client in a transaction with a snapshot of its own; it is closed in the end */
  constructor(client: Client, rows: ComparedRows, { schema, key }: Comparison) {
    this.#client = client;
    this.#rows = rows;
    this.#schema = schema;
    const types = schema.fields.map(({ type }) => type);
    const keyed = key.map((name) => schema.fields.findIndex((field) => field.name === name));
    this.#digest = digestExpression(rows.columns, types);
    this.#keyDigest =
      key.length === 0
        ? this.#digest
        : digestExpression(
            keyed.flatMap((index) => rows.columns[index] ?? []),
            keyed.flatMap((index) => types[index] ?? []),
          );
  }

  async checksums(): Promise<RangeChecksums> {
    this.passes++;
    const sums = new RangeChecksums();
    const result = await this.#query(`
      SELECT ${rangeExpression(this.#keyDigest)} AS range, count(*)::float8 AS records,
        sum(${sumExpression(this.#digest)})::text AS sum
      FROM ${this.#rows.from} AS source GROUP BY 1`);
    for (const { range, records, sum } of result) sums.addRange({ range, records, sum: BigInt(sum) });
    return sums;
  }

  async *records(ranges: ReadonlySet<number>): AsyncGenerator<Columns> {
    this.passes++;
    const inRanges = `${rangeExpression(this.#keyDigest)} = ANY ('{${[...ranges].join(',')}}'::int[])`;
    yield* readRows(this.#client, this.#rows, this.#schema, inRanges);
  }

  async close(): Promise<void> {
    destroyClient(this.#client);
  }

  async #query(sql: string): Promise<readonly { range: number; records: number; sum: string }[]> {
    try {
      return (await this.#client.query<{ range: number; records: number; sum: string }>(sql)).rows;
    } catch (error) {
      throw toPipelineError(error, this.#client);
    }
  }
}

/** Rows as columns of the schema. */
export async function* readRows(
  client: Client,
  { from, columns }: ComparedRows,
  schema: TableSchema,
  condition = 'true',
): AsyncGenerator<Columns> {
  const form = rowForm(columns);
  const select = `SELECT ${columns.map(selectExpression).join(', ')} FROM ${from} AS source WHERE ${condition}`;
  const statement = `COPY (${select}) TO STDOUT (FORMAT binary)`;
  try {
    for await (const rows of copyOut(client, statement, new CopyDecoder(form.schema, form.wires, BATCH_ROWS))) {
      yield conformColumns(rows.columns, schema).columns;
    }
  } catch (error) {
    throw toPipelineError(error, client);
  }
}
