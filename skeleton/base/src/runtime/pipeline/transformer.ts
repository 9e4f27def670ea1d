import type { Columns } from '../columns/columns.ts';
import type { TableSchema } from '../schema/table-schema.ts';

/**
 * What a transformer does to the number of records. A run accounts for every record, so a transformer that
 * does not give one record for each says so; anything else fails the run.
 */
export type Effect = 'map' | 'filter' | 'expand' | 'merge';

/**
 * Turns records into other records.
 *
 * `transform` must be a pure function of its batch: a batch that throws is run again in halves until the records
 * that cause it stand alone, and those become dead letters.
 */
export abstract class Transformer<Input, Output> {
  /** `map`: one for one (default); `filter`: drops some; `expand`: makes more of some; `merge`: folds some together. */
  readonly effect: Effect = 'map';

  /** For dead letters, spans and messages. */
  get name(): string {
    return this.constructor.name;
  }

  abstract transform(rows: readonly Input[]): readonly Output[];
}

/** A record whose fields `Changes` took the place of those of the same names, or were added. */
export type Changed<Input, Changes> = Omit<Input, keyof Changes> & Changes;

/**
 * Changes some fields of each record, or adds new ones. All others stay as they are in their columns: nobody reads them
 * and makes objects of them, which takes a third less time than a `Transformer` that returns `{ ...row, total }`.
 *
 * `change` must be a pure function of its record: a record on which it throws becomes a dead letter.
 */
export abstract class FieldTransformer<Input, Changes extends object> {
  /** For dead letters, spans and messages. */
  get name(): string {
    return this.constructor.name;
  }

  /**
   * @param row to be read only until `change` returns: the same object stands for the next record then
   * @returns the new values; a field that is left out stays as it is
   */
  abstract change(row: Readonly<Input>): Changes;
}

/**
 * The same on columns, for engines that work on whole columns; no row is made. What it does in the background is done
 * when its promise resolves: the memory of the columns is used again.
 */
export abstract class ColumnTransformer<Input, Output> {
  readonly effect: Effect = 'map';

  get name(): string {
    return this.constructor.name;
  }

  /** @param columns to be read only until the batch is loaded: then their memory takes other records */
  abstract transformColumns(columns: Columns): Columns | Promise<Columns>;

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
