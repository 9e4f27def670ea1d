import type { Columns } from '../columns/columns.ts';
import { conformColumns } from '../columns/conform.ts';
import { columnsFromRows, rowsFromColumns } from '../columns/rows.ts';
import { inferSchema } from '../schema/infer.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import type { Position } from './position.ts';

/** A record as plain data, one property a column. */
export type Row = Readonly<Record<string, unknown>>;

/** A record that could not be read, converted, validated or loaded, and why. */
export interface Rejection {
  /** The record as it reached the failing stage: its row, or its text where it could not even be parsed. */
  readonly record: unknown;
  /** 1-based number of the record in its file or query, where it is known. */
  readonly rowNumber: number | undefined;
  readonly message: string;
  readonly column?: string;
}

/** What identifies a batch, whatever happens to its records on the way. */
export interface BatchIdentity {
  /** `<pipeline>/<resource>`. */
  readonly stream: string;
  /** Counts on over all runs of a stream, so that a batch that comes again after a crash is recognised. */
  readonly sequence: number;
  /** Resume after this once the batch is committed. */
  readonly position: Position;
  /** The file or table the records come from, for people. */
  readonly origin: string;
}

/** 1-based source row numbers, one a record, or the number of the first where they count up. */
type RowNumbers = readonly (number | undefined)[] | number | undefined;

interface BatchContents<T> {
  readonly rows?: readonly T[];
  /** Columns that rows are to become; inferred from them when it is left out. */
  readonly schema?: TableSchema;
  readonly columns?: Columns;
  readonly rowNumbers?: RowNumbers;
  readonly rejections?: readonly Rejection[];
  /** Bytes read from the source for this batch. */
  readonly bytes?: number;
}

/**
 * A bounded group of records of one stream, with two views made on demand and kept: rows for typed code,
 * columns for speed. Rows that come from columns are what the columns hold, so a contract checks them first.
 */
export class Batch<T = Row> {
  readonly identity: BatchIdentity;
  /** Records that could not be read or converted when this batch was made. */
  readonly rejections: readonly Rejection[];
  readonly bytes: number;
  readonly #rowNumbers: RowNumbers;
  readonly #schema: TableSchema | undefined;
  #rows: readonly T[] | undefined;
  readonly #columns: Columns | undefined;

  constructor(identity: BatchIdentity, contents: BatchContents<T>) {
    this.identity = identity;
    this.rejections = contents.rejections ?? [];
    this.bytes = contents.bytes ?? 0;
    this.#rowNumbers = contents.rowNumbers;
    this.#schema = contents.schema;
    this.#rows = contents.rows;
    this.#columns = contents.columns;
  }

  /** Number of records, without the rejected ones. */
  get size(): number {
    return this.#columns?.length ?? this.#rows?.length ?? 0;
  }

  rowNumber(index: number): number | undefined {
    return typeof this.#rowNumbers === 'number' ? this.#rowNumbers + index : this.#rowNumbers?.[index];
  }

  rows(): readonly T[] {
    this.#rows ??= this.#columns === undefined ? [] : rowsFromColumns<T>(this.#columns);
    return this.#rows;
  }

  /** @throws TypeError when the batch holds rows: `toColumns` makes columns of them */
  columns(): Columns {
    if (this.#columns === undefined) throw new TypeError('This batch holds rows; convert it with toColumns().');
    return this.#columns;
  }

  /** This batch as columns of `schema` (default: its own columns); records that do not fit are its rejections. */
  toColumns(schema?: TableSchema): Batch<T> {
    if (this.#columns !== undefined && schema === undefined) return this;
    const { columns, failures } =
      this.#columns === undefined
        ? columnsFromRows(schema ?? this.#schema ?? inferSchema(this.#plainRows()), this.#plainRows())
        : conformColumns(this.#columns, schema ?? this.#columns.schema);
    if (columns === this.#columns) return this;
    const failed = new Set(failures.map((failure) => failure.index));
    const rejections = failures.map(({ index, column, message }) => ({
      record: this.slice(index, index + 1).rows()[0],
      rowNumber: this.rowNumber(index),
      column,
      message: `${column} ${message}`,
    }));
    const rowNumbers = failed.size === 0 ? this.#rowNumbers : this.#rowNumbersWithout(failed);
    return new Batch<T>(this.identity, { columns, rejections, rowNumbers });
  }

  /** Records `start` up to `end` of the same batch. */
  slice(start: number, end: number): Batch<T> {
    if (start === 0 && end === this.size) return this;
    const numbers = this.#rowNumbers;
    const rowNumbers = typeof numbers === 'number' ? numbers + start : numbers?.slice(start, end);
    return this.#columns === undefined
      ? new Batch<T>(this.identity, { rows: this.rows().slice(start, end), schema: this.#schema, rowNumbers })
      : new Batch<T>(this.identity, { columns: this.#columns.slice(start, end), rowNumbers });
  }

  #plainRows(): readonly Row[] {
    return this.rows() as readonly Row[];
  }

  #rowNumbersWithout(left: ReadonlySet<number>): RowNumbers {
    const indices = Array.from({ length: this.size }, (_, index) => index);
    return indices.filter((index) => !left.has(index)).map((index) => this.rowNumber(index));
  }
}
