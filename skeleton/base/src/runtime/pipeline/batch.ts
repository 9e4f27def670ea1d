import type { Columns } from '../columns/columns.ts';
import { conformRecords, hasSchema } from '../columns/conform.ts';
import { Properties } from '../columns/properties.ts';
import type { Records } from '../columns/records.ts';
import { RowRecords } from '../columns/row-records.ts';
import { inferColumns, inferSchema } from '../schema/infer.ts';
import type { Field, LogicalType, TableSchema } from '../schema/table-schema.ts';
import type { Position } from './position.ts';

/** A record as plain data, one property a column. */
export type Row = Readonly<Record<string, unknown>>;

/** A record that could not be read, converted, validated or loaded, and why. */
export interface Rejection {
  /** The record as it reached the failing stage: its row, or its text where it could not even be parsed. */
  readonly record: unknown;
  /** 1-based number of the record in its file or query, where it is known. */
  readonly rowNumber: number | undefined;
  /** Byte in its file at which the record begins, where that is known; of a compressed file, in what it contains. */
  readonly offset?: number;
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

/** Types that a contract says columns are to have, by the fields that those have now. */
type DeclaredTypes = ReadonlyMap<Field, LogicalType>;

interface BatchContents<T> {
  readonly rows?: readonly T[];
  readonly columns?: Columns;
  /** The records in another form than rows or columns. */
  readonly records?: Records;
  /** Columns that the records are to become; left out, those they have, else what their values suggest. */
  readonly schema?: TableSchema | undefined;
  /** What `declaredTypes` gave for the batch that these records were made of. */
  readonly declaredTypes?: DeclaredTypes;
  readonly rowNumbers?: RowNumbers;
  readonly rejections?: readonly Rejection[];
  /** Bytes read from the source for this batch. */
  readonly bytes?: number;
  /** Called once nobody reads the records any more, so that their memory can take others. */
  readonly release?: () => void;
}

/**
 * A bounded group of records of one stream, with two views made on demand and kept: rows for typed code,
 * columns for speed. Rows that come from columns are what the columns hold, so a contract checks them first.
 */
export class Batch<T = Row> {
  readonly identity: BatchIdentity;
  readonly records: Records;
  /** Records that could not be read or converted when this batch was made. */
  readonly rejections: readonly Rejection[];
  readonly bytes: number;
  readonly #rowNumbers: RowNumbers;
  readonly #schema: TableSchema | undefined;
  readonly #declaredTypes: DeclaredTypes;
  readonly #release: (() => void) | undefined;
  #rows: readonly T[] | undefined;

  constructor(identity: BatchIdentity, contents: BatchContents<T>) {
    const { columns, rows = [] } = contents;
    this.identity = identity;
    this.records = contents.records ?? (columns ? Properties.fromColumns(columns) : new RowRecords(rows));
    this.rejections = contents.rejections ?? [];
    this.bytes = contents.bytes ?? 0;
    this.#rowNumbers = contents.rowNumbers;
    this.#schema = contents.schema;
    this.#declaredTypes = contents.declaredTypes ?? new Map();
    this.#release = contents.release;
  }

  /** Gives the memory of the records back to whoever made the batch; the pipeline calls it once they are loaded. */
  release(): void {
    this.#release?.();
  }

  /** Number of records, without the rejected ones. */
  get size(): number {
    return this.records.length;
  }

  rowNumber(index: number): number | undefined {
    return typeof this.#rowNumbers === 'number' ? this.#rowNumbers + index : this.#rowNumbers?.[index];
  }

  rows(): readonly T[] {
    this.#rows ??= this.records.rows() as readonly T[];
    return this.#rows;
  }

  /** @throws TypeError when the batch holds rows: `toColumns` makes columns of them */
  columns(): Columns {
    const columns = this.records.columns();
    if (columns === undefined) throw new TypeError('This batch holds rows; convert it with toColumns().');
    return columns;
  }

  /** The columns that the records are to become: declared, or those they have, or what their values suggest. */
  schema(): TableSchema {
    return this.#schema ?? this.#ownSchema();
  }

  /** This batch as columns of a schema; records that do not fit are its rejections. */
  toColumns(wanted = this.schema()): Batch<T> {
    const own = this.records.columns();
    if (own !== undefined && this.#rows === undefined && hasSchema(own, wanted)) return this;
    const { columns, failures } = conformRecords(this.records, wanted);
    const rejections = failures.map(({ index, column, message }) => ({
      record: this.slice(index, index + 1).rows()[0],
      rowNumber: this.rowNumber(index),
      column,
      message: `${column} ${message}`,
    }));
    const failed = new Set(failures.map((failure) => failure.index));
    return new Batch<T>(this.identity, { columns, rejections, rowNumbers: this.#rowNumbersWithout(failed) });
  }

  /** Records `start` up to `end` of the same batch. */
  slice(start: number, end: number): Batch<T> {
    if (start === 0 && end === this.size) return this;
    const numbers = this.#rowNumbers;
    return this.#with({
      records: this.records.slice(start, end),
      rowNumbers: typeof numbers === 'number' ? numbers + start : numbers?.slice(start, end),
    });
  }

  /** This batch without the records at the indices `left`. */
  without(left: ReadonlySet<number>): Batch<T> {
    if (left.size === 0) return this;
    const kept = Array.from({ length: this.size }, (_, index) => index).filter((index) => !left.has(index));
    return this.#with({ records: this.records.take(kept), rowNumbers: kept.map((index) => this.rowNumber(index)) });
  }

  /**
   * What was made of these records. Columns that were not touched keep the types that a contract gave them.
   *
   * @param origins for each the index of the record that it was made of, where that is known; left out, its own
   */
  transformed<Next>(records: Records, origins?: readonly (number | undefined)[]): Batch<Next> {
    const rowNumbers =
      origins === undefined
        ? this.#rowNumbers
        : origins.map((origin) => (origin === undefined ? undefined : this.rowNumber(origin)));
    return new Batch<Next>(this.identity, { records, rowNumbers, declaredTypes: this.declaredTypes() });
  }

  /** The same records in other words: what became of each of them, in the same order. */
  withRecords<Next>(records: Records, schema?: TableSchema): Batch<Next> {
    return new Batch<Next>(this.identity, { records, schema, rowNumbers: this.#rowNumbers });
  }

  #with(contents: Pick<BatchContents<T>, 'records' | 'rowNumbers'>): Batch<T> {
    return new Batch<T>(this.identity, { ...contents, schema: this.#schema, declaredTypes: this.#declaredTypes });
  }

  /** Types that a contract said columns are to have: they go for what is made of this batch without touching those. */
  declaredTypes(): DeclaredTypes {
    const types = new Map(this.#declaredTypes);
    const declared = new Map(this.#schema?.fields.map(({ name, type }) => [name, type]));
    for (const { name, column } of this.records.inColumns()) {
      const type = declared.get(name);
      if (column !== undefined && type !== undefined) types.set(column.field, type);
    }
    return types;
  }

  /** Columns that were not touched keep their types, or those that a contract gave them. */
  #ownSchema(): TableSchema {
    const own = this.records.columns();
    const declare = (field: Field): Field => ({ ...field, type: this.#declaredTypes.get(field) ?? field.type });
    if (own !== undefined) {
      return this.#declaredTypes.size === 0 ? own.schema : { fields: own.schema.fields.map(declare) };
    }
    const known = this.records.inColumns().flatMap(({ column }) => (column === undefined ? [] : declare(column.field)));
    const fields = known.map((field) => ({ ...field, nullable: true }));
    const names = this.size === 0 ? undefined : this.records.names();
    if (names === undefined) return inferSchema(this.rows() as readonly Row[], { fields });
    return inferColumns(names, (name) => this.records.property(name)?.values() ?? [], { fields });
  }

  #rowNumbersWithout(left: ReadonlySet<number>): RowNumbers {
    if (left.size === 0) return this.#rowNumbers;
    const indices = Array.from({ length: this.size }, (_, index) => index);
    return indices.filter((index) => !left.has(index)).map((index) => this.rowNumber(index));
  }
}
