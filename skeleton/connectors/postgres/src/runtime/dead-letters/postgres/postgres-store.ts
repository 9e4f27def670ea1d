import { z } from 'zod';
import { databaseOf } from '../../connectors/postgres/options.ts';
import { shardName } from '../../pipeline/shard.ts';
import { deadLetterSchema } from '../dead-letter.ts';
import type {
  DeadLetterFilter,
  DeadLetterStore,
  DeadLetterWriter,
  ListedDeadLetter,
  Part,
  PurgeFilter,
} from '../dead-letter-store.ts';
import { LettersClient } from './letters-client.ts';
import { PostgresDeadLetterWriter } from './postgres-writer.ts';

const PAGE = 500;

const LIST = `
  SELECT number::text AS place, letter::text AS letter, replayed_by AS "replayedBy", replayed_at AS "replayedAt",
    ARRAY(
      SELECT json_build_object('run', run, 'at', failed_at, 'message', message)::text
      FROM etl_dead_letter_failures AS failure
      WHERE (failure.pipeline, failure.part, failure.id) = (letters.pipeline, letters.part, letters.id)
      ORDER BY failed_at) AS failures
  FROM etl_dead_letters AS letters
  WHERE pipeline = $1 AND number > $2 AND ($3::text IS NULL OR resource = $3) AND ($4::text IS NULL OR stage = $4)
    AND ($5::boolean IS NULL OR (replayed_by IS NOT NULL) = $5) AND ($6::text IS NULL OR starts_with(id, $6))
  ORDER BY number LIMIT ${PAGE}`;

const PURGE = `
  DELETE FROM etl_dead_letters
  WHERE pipeline = $1 AND part = $2 AND found_at < to_timestamp($3::float8 / 1000) AND (replayed_by IS NOT NULL OR NOT $4)`;

const failureSchema = z.object({
  run: z.string(),
  at: z.string().transform((text) => new Date(text).toISOString()),
  message: z.string(),
});

interface Listed {
  readonly place: string;
  readonly letter: string;
  readonly replayedBy: string | null;
  readonly replayedAt: Date | null;
  readonly failures: readonly string[];
}

/** Dead letters in tables of a PostgreSQL database, which several pipelines and machines may share. */
export class PostgresDeadLetterStore implements DeadLetterStore {
  readonly #client: LettersClient;
  readonly location: string;
  readonly #pipeline: string;

  constructor(url: string, pipeline: string) {
    this.#client = new LettersClient(url);
    this.location = `${databaseOf({ url })}.etl_dead_letters`;
    this.#pipeline = pipeline;
  }

  describe(_part: Part): string {
    return this.location;
  }

  async check(): Promise<void> {
    await this.#client.run((client) => client.query('SELECT FROM etl_dead_letters LIMIT 0'));
  }

  async open(part: Part, afterSequence?: number): Promise<DeadLetterWriter> {
    const writer = new PostgresDeadLetterWriter(this.#client, { pipeline: this.#pipeline, part: nameOf(part) });
    if (afterSequence !== undefined) await writer.takeBack(afterSequence);
    return writer;
  }

  async *list({ resource, stage, replayed, id }: DeadLetterFilter = {}): AsyncGenerator<ListedDeadLetter> {
    for (let after = '0', more = true; more; ) {
      const values = [this.#pipeline, after, resource ?? null, stage ?? null, replayed ?? null, id ?? null];
      const { rows } = await this.#client.run((client) => client.query<Listed>(LIST, values));
      for (const row of rows) yield toLetter(row);
      after = rows.at(-1)?.place ?? after;
      more = rows.length === PAGE;
    }
  }

  async purge(part: Part, { before, replayedOnly }: PurgeFilter): Promise<number> {
    const values = [this.#pipeline, nameOf(part), before, replayedOnly];
    const { rowCount } = await this.#client.run((client) => client.query(PURGE, values));
    return rowCount ?? 0;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function nameOf({ resource, shard }: Part): string {
  return shardName(resource, shard);
}

function toLetter({ letter, replayedBy, replayedAt, failures }: Listed): ListedDeadLetter {
  return {
    ...deadLetterSchema.parse(JSON.parse(letter)),
    ...(replayedBy !== null && replayedAt !== null && { replayed: { run: replayedBy, at: replayedAt.toISOString() } }),
    ...(failures.length > 0 && { failures: failures.map((text) => failureSchema.parse(JSON.parse(text))) }),
  };
}
