import type { BytesColumn, Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import { parseDateBytes, parseTimestampBytes } from '../../../columns/parse-bytes.ts';
import { clearValue } from '../clear-value.ts';
import { scanDecimal, scanFloat, scanInteger, storeInt64 } from '../scan-number.ts';
import { appendBytes, type ValueForm, valueForm, WAYS } from '../value-form.ts';
import type { ScanRecords } from './compile-scanner.ts';
import { CARRIAGE_RETURN, LINE_FEED } from './csv-dialect.ts';
import type { CsvLayout } from './csv-layout.ts';
import { writeText } from './write-field.ts';

/** A field that no column is for. */
const PASSED_OVER: ValueForm = { way: WAYS.string, limit: 0, precision: 0, scale: 0 };
const NO_TARGET = { column: -1, form: PASSED_OVER };

/** Does what a compiled scanner does for files of any number of columns and in any dialect. */
export class RecordScanner {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #comment: number;
  readonly #emptyIsNull: boolean;
  /** Texts other than the empty one. */
  readonly #nullTexts: readonly Buffer[];
  /** The column of each field, -1 where the schema has none, and how its values are read. */
  readonly #targets: readonly { readonly column: number; readonly form: ValueForm }[];
  /** Columns that the file does not have. */
  readonly #missing: readonly number[];

  constructor({ names, schema, fields, dialect }: CsvLayout) {
    this.#delimiter = dialect.delimiter;
    this.#quote = dialect.quote;
    this.#escape = dialect.escape;
    this.#comment = dialect.comment;
    this.#emptyIsNull = dialect.nullTexts.some(({ length }) => length === 0);
    this.#nullTexts = dialect.nullTexts.filter(({ length }) => length > 0);
    const columns = new Map(fields.map((field, column) => [field, column]));
    const forms = schema.fields.map(valueForm);
    this.#targets = names.map((_, field) => {
      const column = columns.get(field) ?? -1;
      return { column, form: forms[column] ?? PASSED_OVER };
    });
    this.#missing = fields.flatMap((field, column) => (field < 0 ? [column] : []));
  }

  readonly scanRecords: ScanRecords = (columns, bytes, start, { end, stop, capacity }) => {
    let position = start;
    while (position < stop && columns.length < capacity) {
      const next = this.#scan(columns, bytes, position, end);
      if (next < 0) break;
      columns.length++;
      position = next;
    }
    return position;
  };

  /**
   * Writes the record at `start` behind the last one of `columns`, which does not count it yet.
   *
   * @param end behind a line end; the bytes before it are valid UTF-8
   * @returns the position behind the record and its line end, -1 when it is not taken
   */
  #scan({ columns, length: index }: Columns, bytes: Buffer, start: number, end: number): number {
    const targets = this.#targets;
    const last = targets.length - 1;
    if (bytes[start] === this.#comment || (last > 0 && endOfLine(bytes, start) > 0)) return -1;
    let position = start;
    for (let field = 0; field <= last; field++) {
      const { column, form } = targets[field] ?? NO_TARGET;
      const target = columns[column];
      position =
        target === undefined
          ? this.#pass(bytes, position, end)
          : this.#field(target, form, index, bytes, position, end);
      if (position < 0) return -1;
      if (field === last) position = endOfLine(bytes, position);
      else if (bytes[position++] !== this.#delimiter) return -1;
    }
    for (const column of this.#missing) if (!clear(columns[column], index)) return -1;
    return position === 0 || position > end ? -1 : position;
  }

  /** @returns the position behind the field, -1 when it is not taken */
  #field(column: Column, form: ValueForm, index: number, bytes: Buffer, start: number, end: number): number {
    const quoted = bytes[start] === this.#quote;
    if (!quoted) {
      if (this.#emptyIsNull && this.#isEnd(bytes, start)) return clear(column, index) ? start : -1;
      if (this.#nullTexts.length > 0) {
        const behindNull = this.#endOfNull(bytes, start);
        if (behindNull > 0) return clear(column, index) ? behindNull : -1;
      }
    }
    if (column.valid !== undefined) column.valid[index] = 1;
    if (form.way === WAYS.string && column.storage === 'bytes') {
      return quoted
        ? this.#quotedText(column, index, bytes, start + 1, end)
        : this.#plainText(column, index, bytes, start);
    }
    if (!quoted) return this.#value(column, form, index, bytes, start);
    const close = this.#value(column, form, index, bytes, start + 1);
    return bytes[close] === this.#quote ? close + 1 : -1;
  }

  #isEnd(bytes: Buffer, position: number): boolean {
    const byte = bytes[position];
    if (byte === this.#delimiter || byte === LINE_FEED) return true;
    return byte === CARRIAGE_RETURN && bytes[position + 1] === LINE_FEED;
  }

  /** @returns the position behind a text that means NULL, -1 when it is none */
  #endOfNull(bytes: Buffer, start: number): number {
    for (const text of this.#nullTexts) {
      const end = start + text.length;
      if (this.#isEnd(bytes, end) && text.compare(bytes, start, end) === 0) return end;
    }
    return -1;
  }

  /** A value that is not text. @returns the position behind it, -1 when it is not written in a common way */
  #value(column: Column, form: ValueForm, index: number, bytes: Buffer, start: number): number {
    const { way, limit, precision, scale } = form;
    if (way === WAYS.int64 && (column.storage === 'int64' || column.storage === 'int32')) {
      return scanInteger(column, index, bytes, start, limit, false);
    }
    if (column.storage === 'float64') return scanFloat(column, index, bytes, start);
    if (way === WAYS.decimal && column.storage === 'int64') {
      return scanDecimal(column, index, bytes, start, precision, scale);
    }
    const end = this.#endOfToken(bytes, start);
    if (way === WAYS.date && column.storage === 'int32') {
      const days = parseDateBytes(bytes, start, end);
      column.values[index] = days;
      return Number.isNaN(days) ? -1 : end;
    }
    if (way === WAYS.timestamp && column.storage === 'int64') {
      const microseconds = parseTimestampBytes(bytes, start, end);
      storeInt64(column.values, index, microseconds);
      return Number.isNaN(microseconds) ? -1 : end;
    }
    return end > start && writeText(column, index, bytes, start, end) ? end : -1;
  }

  #plainText(column: BytesColumn, index: number, bytes: Buffer, start: number): number {
    const stop = this.#endOfPlain(bytes, start);
    column.offsets[index + 1] = appendBytes(column, column.offsets[index] ?? 0, bytes, start, stop);
    return stop;
  }

  /** @returns the position behind a text without quotes; there is a line end somewhere */
  #endOfPlain(bytes: Buffer, start: number): number {
    const delimiter = this.#delimiter;
    let position = start;
    let byte = bytes[position];
    while (byte !== delimiter && byte !== LINE_FEED) byte = bytes[++position];
    return byte === LINE_FEED && position > start && bytes[position - 1] === CARRIAGE_RETURN ? position - 1 : position;
  }

  /** @param start behind the opening quote */
  #quotedText(column: BytesColumn, index: number, bytes: Buffer, start: number, end: number): number {
    let to = column.offsets[index] ?? 0;
    for (let position = start; ; ) {
      let stop = position;
      while (stop < end && bytes[stop] !== this.#quote && bytes[stop] !== this.#escape) stop++;
      if (stop + 1 >= end) return -1;
      to = appendBytes(column, to, bytes, position, stop);
      if (!this.#isEscape(bytes, stop)) {
        column.offsets[index + 1] = to;
        return stop + 1;
      }
      column.bytes[to++] = bytes[stop + 1] ?? 0;
      position = stop + 2;
    }
  }

  /** @returns the position behind a field that is not looked at further; -1 when its quotes do not close */
  #pass(bytes: Buffer, start: number, end: number): number {
    if (bytes[start] !== this.#quote) return this.#endOfPlain(bytes, start);
    for (let position = start + 1; position < end; position++) {
      const byte = bytes[position];
      if (this.#isEscape(bytes, position)) position++;
      else if (byte === this.#quote) return position + 1;
    }
    return -1;
  }

  /** Whether the byte makes the next one part of a text in quotes. */
  #isEscape(bytes: Buffer, position: number): boolean {
    if (bytes[position] !== this.#escape) return false;
    return this.#escape !== this.#quote || bytes[position + 1] === this.#quote;
  }

  /** @returns the position of the first byte that no value but a text contains */
  #endOfToken(bytes: Buffer, start: number): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    let position = start;
    for (; ; position++) {
      const byte = bytes[position];
      if (byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === quote) return position;
    }
  }
}

/** @returns the position behind a line end, 0 where there is none */
function endOfLine(bytes: Buffer, position: number): number {
  if (bytes[position] === LINE_FEED) return position + 1;
  return bytes[position] === CARRIAGE_RETURN && bytes[position + 1] === LINE_FEED ? position + 2 : 0;
}

/** @returns whether the column may be NULL there */
function clear(column: Column | undefined, index: number): boolean {
  if (column?.valid === undefined) return false;
  clearValue(column, index);
  return true;
}
