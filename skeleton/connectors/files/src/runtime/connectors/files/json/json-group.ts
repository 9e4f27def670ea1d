import type { Columns } from '../../../columns/columns.ts';
import { MostlyColumns } from '../../../columns/mostly-columns.ts';
import { Properties } from '../../../columns/properties.ts';
import { ValueError } from '../../../columns/write-values.ts';
import type { Rejection, Row } from '../../../pipeline/batch.ts';
import { fieldNames } from '../../../schema/table-schema.ts';
import type { ByteWindow } from '../byte-window.ts';
import { clearValue } from '../clear-value.ts';
import type { RecordGroup } from '../record-group.ts';
import type { Framing } from './framing.ts';
import { writeJsonValue } from './json-values.ts';
import type { ObjectScanner } from './object-scanner.ts';
import type { NumberSources } from './parse-json.ts';
import { type Problem, RecordParser } from './record-parser.ts';

/** Columns are chosen anew where so large a share of the records is not in them. */
const MANY_EXCEPTIONS = 0.1;

/** The objects of one batch while they are collected in columns. */
export class JsonGroup extends RecordParser {
  readonly columns: Columns;
  /** Properties that a record may have, where others would be lost. */
  readonly #allowed: ReadonlySet<string> | undefined;
  /** By index, records that the columns do not hold as they are; `undefined` where such are rejected. */
  readonly #exceptions: Map<number, Row> | undefined;
  readonly #rejections: Rejection[] = [];
  readonly #firstRow: number;
  readonly #capacity: number;
  /** Made with the first rejected record: until then the numbers count up. */
  #rowNumbers: number[] | undefined;
  /** Records so far, rejected ones included. */
  records = 0;

  /**
   * @param columns empty ones
   * @param exact whether values stay as they are in the file, be it outside of the columns
   * @param firstRow 1-based number of the first record in the file
   */
  constructor(columns: Columns, exact: boolean, capacity: number, firstRow: number) {
    super();
    this.columns = columns;
    this.#allowed = exact ? undefined : new Set(fieldNames(columns.schema));
    this.#exceptions = exact ? new Map() : undefined;
    this.#capacity = capacity;
    this.#firstRow = firstRow;
  }

  get full(): boolean {
    return this.records >= this.#capacity;
  }

  /** Whether many of its records are not in the columns. */
  get isUnlikeItsColumns(): boolean {
    return this.#exceptions !== undefined && this.#exceptions.size > MANY_EXCEPTIONS * this.columns.length;
  }

  /** Its first records as objects. */
  sample(records: number): readonly Row[] {
    return this.#contents().slice(0, Math.min(records, this.columns.length)).rows() as readonly Row[];
  }

  /**
   * Adds the records that the scanner takes, up to the first that it does not, and moves the window behind them.
   *
   * @returns whether it took all that it was given: the next record may be one for it, too
   */
  scan(scanner: ObjectScanner, framing: Framing, window: ByteWindow, size: number): boolean {
    const end = window.endOfValidRegion(framing.closing);
    const { bytes, start } = window;
    const before = this.columns.length;
    const limits = { end, stop: Math.min(end, start + size), capacity: before + this.#capacity - this.records };
    window.advance(scanner.scanRecords(this.columns, bytes, start, limits));
    for (let taken = this.columns.length - before; taken > 0; taken--) this.#count();
    return window.start > start && window.start >= limits.stop;
  }

  finish(): Pick<RecordGroup, 'records' | 'columns' | 'rowNumbers' | 'rejections'> {
    const shared = { rowNumbers: this.#rowNumbers ?? this.#firstRow, rejections: this.#rejections };
    return this.#exceptions?.size ? { records: this.#contents(), ...shared } : { columns: this.columns, ...shared };
  }

  #contents(): MostlyColumns {
    return new MostlyColumns(Properties.fromColumns(this.columns), this.#exceptions ?? new Map());
  }

  protected override accept(row: Row, sources: NumberSources, offset: number): void {
    if (this.#exceptions !== undefined) {
      this.#except(row, this.#exceptions);
      return;
    }
    const unknown = this.#allowed && Object.keys(row).find((name) => this.#allowed?.has(name) === false);
    const problem =
      unknown === undefined
        ? this.#write(row, sources)
        : { column: unknown, message: 'is a property that no sampled record has' };
    if (problem === undefined) this.#count();
    else this.reject({ record: row, offset, column: problem.column, message: `${problem.column} ${problem.message}` });
  }

  /** @returns the first value that does not fit, if any */
  #write(row: Row, sources: NumberSources): { readonly column: string; readonly message: string } | undefined {
    const { columns } = this;
    for (const column of columns.columns) {
      const { name } = column.field;
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      try {
        writeJsonValue(column, columns.length, value, sources.get(name));
        if (value === undefined || value === null) clearValue(column, columns.length);
      } catch (error) {
        if (error instanceof ValueError) return { column: name, message: error.message };
        throw error;
      }
    }
    columns.length++;
    return undefined;
  }

  #except(row: Row, exceptions: Map<number, Row>): void {
    const { columns } = this;
    for (const column of columns.columns) clearValue(column, columns.length);
    exceptions.set(columns.length++, row);
    this.#count();
  }

  #count(): void {
    this.#rowNumbers?.push(this.#firstRow + this.records);
    this.records++;
  }

  protected override reject(rejection: Problem): void {
    this.#rowNumbers ??= Array.from({ length: this.records }, (_, index) => this.#firstRow + index);
    this.#rejections.push({ ...rejection, rowNumber: this.#firstRow + this.records });
    this.records++;
  }
}
