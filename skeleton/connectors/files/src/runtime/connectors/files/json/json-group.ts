import { isUtf8 } from 'node:buffer';
import { Columns } from '../../../columns/columns.ts';
import { ValueError } from '../../../columns/write-values.ts';
import type { Rejection, Row } from '../../../pipeline/batch.ts';
import { fieldNames } from '../../../schema/table-schema.ts';
import type { ByteWindow } from '../byte-window.ts';
import { clearValue } from '../clear-value.ts';
import { groupCapacity, KEPT_BYTES, RECORD_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import { writeJsonValue } from './json-values.ts';
import type { ObjectScanner } from './object-scanner.ts';
import { DEEPEST, isTooDeep, isWellFormed, mayHoldHalfSurrogate, type NumberSources, parseJson } from './parse-json.ts';
import type { Framing } from './read-records.ts';

/** The objects of one batch while they are collected: in columns, or as rows where there is no schema. */
export class JsonGroup {
  readonly #columns: Columns | undefined;
  /** Properties that a record may have, where others would be lost. */
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #rows: Row[] = [];
  readonly #rejections: Rejection[] = [];
  readonly #firstRow: number;
  readonly #capacity: number;
  /** Made with the first rejected record: until then the numbers count up. */
  #rowNumbers: number[] | undefined;
  /** Records so far, rejected ones included. */
  records = 0;

  /**
   * @param firstRow 1-based number of the first record in the file
   * @param before the group before, by which memory is reserved
   */
  constructor({ schema, batchSize }: Pick<ReadRequest, 'schema' | 'batchSize'>, firstRow: number, before?: JsonGroup) {
    this.#capacity = groupCapacity(batchSize, schema?.fields.length ?? 0);
    const former = before === undefined ? undefined : before.#columns;
    this.#columns = former?.next(this.#capacity) ?? (schema && Columns.allocate(schema, this.#capacity));
    this.#allowed = schema && new Set(fieldNames(schema));
    this.#firstRow = firstRow;
  }

  get full(): boolean {
    return this.records >= this.#capacity;
  }

  /** Adds the records that the scanner takes, up to the first that it does not, and moves the window behind them. */
  scan(scanner: ObjectScanner, framing: Framing, window: ByteWindow, size: number): void {
    const columns = this.#columns;
    if (columns === undefined) return;
    const end = window.endOfValidRegion(framing.closing);
    const { bytes, start } = window;
    let position = start;
    while (position < end && position - start < size && !this.full) {
      const behind = scanner.scan(columns, bytes, framing.begin(bytes, position, end), end);
      const next = behind < 0 ? -1 : framing.close(bytes, behind, end);
      if (next < 0) break;
      columns.length++;
      this.#count();
      position = next;
    }
    window.advance(position);
  }

  /** Adds the record that `bytes` are the JSON text of. @param offset of its first byte in the file */
  add(bytes: Buffer, offset: number): void {
    if (bytes.length > RECORD_BYTES) this.addTooLong(bytes, offset);
    else if (!isUtf8(bytes)) this.#rejectText(bytes, offset, 'The record is not valid UTF-8.', 'latin1');
    else if (isTooDeep(bytes, 0, bytes.length))
      this.#rejectText(bytes, offset, `The record has more than ${DEEPEST} brackets inside of each other.`);
    else this.#parse(bytes, offset);
  }

  /** Adds a record of which only the beginning was read. */
  addTooLong(beginning: Buffer, offset: number): void {
    const limit = `${RECORD_BYTES / 1024 / 1024} MiB`;
    this.#rejectText(beginning, offset, `The record is longer than ${limit}; only its beginning is kept.`);
  }

  finish(): Pick<RecordGroup, 'rows' | 'columns' | 'rowNumbers' | 'rejections'> {
    const shared = { rowNumbers: this.#rowNumbers ?? this.#firstRow, rejections: this.#rejections };
    return this.#columns === undefined ? { rows: this.#rows, ...shared } : { columns: this.#columns, ...shared };
  }

  #parse(bytes: Buffer, offset: number): void {
    const text = bytes.toString('utf8');
    try {
      const { value, sources } = parseJson(text);
      if (!isRow(value)) this.#rejectText(bytes, offset, 'The record is no JSON object.');
      else if (mayHoldHalfSurrogate(text) && !isWellFormed(value))
        this.#rejectText(bytes, offset, 'The record has half of a surrogate pair, which is no character.');
      else this.#accept(value, sources, offset);
    } catch (error) {
      if (error instanceof ValueError) this.#rejectText(bytes, offset, `The record ${error.message}.`);
      else if (error instanceof SyntaxError) this.#rejectText(bytes, offset, `The record is no JSON: ${error.message}`);
      else throw error;
    }
  }

  #accept(row: Row, sources: NumberSources, offset: number): void {
    const unknown = this.#allowed && Object.keys(row).find((name) => this.#allowed?.has(name) === false);
    const problem =
      unknown === undefined
        ? this.#write(row, sources)
        : { column: unknown, message: 'is a property that no sampled record has' };
    if (problem === undefined) this.#count();
    else this.#reject({ record: row, offset, column: problem.column, message: `${problem.column} ${problem.message}` });
  }

  /** @returns the first value that does not fit, if any */
  #write(row: Row, sources: NumberSources): { readonly column: string; readonly message: string } | undefined {
    const columns = this.#columns;
    if (columns === undefined) {
      this.#rows.push(row);
      return undefined;
    }
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

  #count(): void {
    this.#rowNumbers?.push(this.#firstRow + this.records);
    this.records++;
  }

  #rejectText(bytes: Buffer, offset: number, message: string, encoding: BufferEncoding = 'utf8'): void {
    this.#reject({ record: bytes.toString(encoding, 0, Math.min(bytes.length, KEPT_BYTES)), offset, message });
  }

  #reject(rejection: Omit<Rejection, 'rowNumber'>): void {
    this.#rowNumbers ??= Array.from({ length: this.records }, (_, index) => this.#firstRow + index);
    this.#rejections.push({ ...rejection, rowNumber: this.#firstRow + this.records });
    this.records++;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
