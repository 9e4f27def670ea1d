import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { logger } from '../../observability/logger.ts';
import type { DescribedSource } from './source.ts';
import { type SourcePosition, writePosition } from './source-position.ts';
import { behind } from './source-query.ts';
import { type Transactions, writtenFrom } from './transactions.ts';

/**
 * Where to go on when the transactions of the table are still those of the position; at the start when the table is
 * another one, and the sink merges.
 *
 * @throws PipelineError `CONFIGURATION` when all records would look new, and the sink would hold them twice
 */
export async function continueIn(
  client: Client,
  source: DescribedSource,
  position: SourcePosition,
  transactions: Transactions,
): Promise<SourcePosition> {
  const { table, file, merges = false } = source.incremental ?? {};
  if (position.table === undefined) return position;
  if (position.table !== table) {
    const message = `${source.name} is another table than the last run has read: dropped and created again, or restored.`;
    if (!merges) throw wouldRepeat(message);
    logger.warn({ position: writePosition(position) }, `${message} All of it is read and merged again.`);
    return { rows: position.rows };
  }
  if (!merges && position.file !== file && (await isWrittenAnew(client, source, position, transactions))) {
    throw wouldRepeat(
      `All records of ${source.name} were written anew since the last run, by ALTER TABLE or the like.`,
    );
  }
  return position;
}

function wouldRepeat(message: string): PipelineError {
  return new PipelineError('CONFIGURATION', message, {
    hint:
      'Run once with --full-refresh. A table that is rebuilt again and again can be read through a view: then the ' +
      'cursor alone says what is new.',
  });
}

/** Whether there are records up to the position, and all of them look as if they had been written since. */
async function isWrittenAnew(
  client: Client,
  { query, incremental }: DescribedSource,
  { after, seen, reading }: SourcePosition,
  transactions: Transactions,
): Promise<boolean> {
  const cursor = incremental?.cursor.name ?? '';
  const place = reading?.passed[cursor] === undefined ? after : reading.passed;
  const last = reading?.until ?? seen;
  if (place === undefined || last === undefined) return false;
  const { rows } = await client.query<{ writtenAnew: boolean | null }>(`
    SELECT bool_and(${writtenFrom(last, transactions)}) AS "writtenAnew"
    FROM ${query.from} AS source WHERE NOT ${behind(query.order, place)}`);
  return rows[0]?.writtenAnew === true;
}
