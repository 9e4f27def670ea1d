import type { DeadLetter } from '../dead-letter.ts';
import type { DeadLetterWriter } from '../dead-letter-store.ts';
import type { FailedReplay, ReplayOutcome } from '../replay-outcome.ts';
import type { LettersClient } from './letters-client.ts';

/** A letter that is there already keeps what is known about it. */
const APPEND = `
  INSERT INTO etl_dead_letters (pipeline, part, id, resource, stage, found_at, found_by, sequence, letter)
  SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::bigint[], $9::json[])
  ON CONFLICT DO NOTHING`;

const TAKE_BACK = `
  DELETE FROM etl_dead_letters AS letters
  WHERE pipeline = $1 AND part = $2 AND sequence > $3 AND replayed_by IS NULL
    AND NOT EXISTS (
      SELECT FROM etl_dead_letter_failures AS failure
      WHERE (failure.pipeline, failure.part, failure.id) = (letters.pipeline, letters.part, letters.id))`;

const MARK_REPLAYED = `
  UPDATE etl_dead_letters SET replayed_by = $4, replayed_at = $5
  WHERE pipeline = $1 AND part = $2 AND id = ANY ($3) AND replayed_by IS NULL`;

const MARK_FAILED = `
  INSERT INTO etl_dead_letter_failures (pipeline, part, id, run, failed_at, message)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`;

/** Adds to the dead letters of one part. Each call is one statement, so that it may come again when its answer is lost. */
export class PostgresDeadLetterWriter implements DeadLetterWriter {
  readonly #client: LettersClient;
  readonly #place: readonly [pipeline: string, part: string];

  constructor(client: LettersClient, { pipeline, part }: { readonly pipeline: string; readonly part: string }) {
    this.#client = client;
    this.#place = [pipeline, part];
  }

  /** Removes the letters after a sequence that nobody has replayed or tried to. */
  async takeBack(afterSequence: number): Promise<void> {
    await this.#client.run((client) => client.query(TAKE_BACK, [...this.#place, afterSequence]));
  }

  async append(letters: readonly DeadLetter[]): Promise<number> {
    if (letters.length === 0) return 0;
    const values = [
      ...this.#place,
      letters.map(({ id }) => id),
      letters.map(({ resource }) => resource),
      letters.map(({ stage }) => stage),
      letters.map(({ timestamp }) => timestamp),
      letters.map(({ run }) => run),
      letters.map(({ sequence }) => sequence),
      letters.map((letter) => JSON.stringify(letter)),
    ];
    const { rowCount } = await this.#client.run((client) => client.query(APPEND, values));
    return rowCount ?? 0;
  }

  async markReplayed(ids: readonly string[], { run, at }: ReplayOutcome): Promise<void> {
    if (ids.length === 0) return;
    await this.#client.run((client) => client.query(MARK_REPLAYED, [...this.#place, ids, run, at]));
  }

  async markFailed(id: string, { run, at, message }: FailedReplay): Promise<void> {
    const values = [...this.#place, id, run, at, JSON.stringify(message)];
    await this.#client.run((client) => client.query(MARK_FAILED, values));
  }

  /** The connection belongs to the store. */
  async close(): Promise<void> {}
}
