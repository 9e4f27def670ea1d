import type { Columns } from '../columns/columns.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import type { Effect } from './transformer.ts';

/** What one run does with a stream: takes all its records, then gives others. */
export interface StreamWork {
  /**
   * Takes records: all of them or, when it throws, none. What it reads of the columns it reads before it resolves.
   *
   * @param columns always of the same names and types, all of them nullable
   */
  take(columns: Columns): Promise<void>;
  /** Gives the result, in parts of about `size` records. Called once, when the stream is at its end. */
  give(size: number): AsyncIterable<Columns>;
  /** Removes whatever was stored on the way. Called once, after failures too. */
  close(): Promise<void>;
}

/**
 * Turns all records that a run reads into others, for what no batch can tell by itself: totals, duplicates, ranks.
 *
 * Nothing is given before the last record was taken, so that a run that is stopped or killed gives nothing. It only
 * serves a resource that reads everything and replaces its sink in every run (`mode: full`, `mode: replace`): over the
 * new records alone, or added to what an earlier run has written, the result would be wrong.
 */
export abstract class StreamTransformer<Input, Output> {
  /** What it does to the number of records, over the whole stream. */
  readonly effect: Effect = 'map';

  /** For dead letters, spans and messages. */
  get name(): string {
    return this.constructor.name;
  }

  /** @param stream `<pipeline>/<resource>`, which no other run works on at the same time */
  abstract open(stream: string, columns: TableSchema): Promise<StreamWork>;

  /**
   * Looks before a record moves whether the transformer can work on such columns.
   *
   * @returns the columns that it will give, where it can tell
   */
  async check(_input: TableSchema): Promise<TableSchema | undefined> {
    return undefined;
  }

  /** Only for the compiler: ties the transformer to what it reads and gives. */
  declare readonly input?: Input;
  declare readonly output?: Output;
}
