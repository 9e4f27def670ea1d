import { isUtf8 } from 'node:buffer';
import type { Columns } from '../../../columns/columns.ts';
import type { Rejection } from '../../../pipeline/batch.ts';
import type { ByteWindow } from '../byte-window.ts';
import { KEPT_BYTES, RECORD_BYTES, type RecordGroup } from '../record-group.ts';
import type { ScanRecords } from './compile-scanner.ts';
import { LINE_FEED } from './csv-dialect.ts';
import type { CsvLayout } from './csv-layout.ts';
import type { Outcome, RecordSplitter } from './record-splitter.ts';
import { writeField } from './write-field.ts';

/** The records of one batch while they are collected. */
export class CsvGroup {
  readonly columns: Columns;
  readonly #layout: CsvLayout;
  readonly #rejections: Rejection[] = [];
  readonly #firstRow: number;
  readonly #capacity: number;
  /** Made with the first rejected record: until then the numbers count up. */
  #rowNumbers: number[] | undefined;
  /** Records so far, rejected ones included. */
  records = 0;

  /**
   * @param columns empty ones
   * @param capacity records that they have room for
   * @param firstRow 1-based number of the first record in the file
   */
  constructor(layout: CsvLayout, columns: Columns, capacity: number, firstRow: number) {
    this.#layout = layout;
    this.columns = columns;
    this.#capacity = capacity;
    this.#firstRow = firstRow;
  }

  get full(): boolean {
    return this.records >= this.#capacity;
  }

  /**
   * Adds the records that the scanner takes, up to the first that it does not, and moves the window behind them.
   *
   * @returns whether it took all that it was given: the next record may be one for it, too
   */
  scan(scanner: ScanRecords, window: ByteWindow, size: number): boolean {
    const { bytes, start } = window;
    const end = window.endOfValidRegion(LINE_FEED);
    const before = this.columns.length;
    const limits = { end, stop: Math.min(end, start + size), capacity: before + this.#capacity - this.records };
    window.advance(scanner(this.columns, bytes, start, limits));
    for (let taken = this.columns.length - before; taken > 0; taken--) this.#count();
    return window.start > start && window.start >= limits.stop;
  }

  /** Adds the record that `splitter` has found between the start of the window and `end`. */
  add(splitter: RecordSplitter, { bytes, start, offset }: ByteWindow, end: number): void {
    if (splitter.outcome === 'blank') return;
    if (splitter.outcome !== 'good') {
      this.#rejectBroken(splitter.outcome, splitter.fields.length, bytes.subarray(start, end), offset);
    } else if (!isUtf8(bytes.subarray(start, end))) {
      this.#rejectInvalid(splitter, bytes, offset);
    } else {
      this.#write(splitter, bytes, offset);
    }
  }

  /** Adds a record of which only the beginning was read. */
  addTooLong(beginning: Buffer, offset: number): void {
    this.#rejectBroken('too long', 0, beginning, offset);
  }

  finish(): Pick<RecordGroup, 'columns' | 'rowNumbers' | 'rejections'> {
    return { columns: this.columns, rowNumbers: this.#rowNumbers ?? this.#firstRow, rejections: this.#rejections };
  }

  #count(): void {
    this.#rowNumbers?.push(this.#firstRow + this.records);
    this.records++;
  }

  #write(splitter: RecordSplitter, bytes: Buffer, offset: number): void {
    const { schema, fields, dialect } = this.#layout;
    const nullTexts = dialect.nullTexts.map(String);
    for (const [index, column] of this.columns.columns.entries()) {
      const field = splitter.fields[fields[index] ?? -1];
      const text = field && splitter.text(bytes, field);
      const isNull = text === undefined || (field?.kind === 'plain' && nullTexts.includes(text));
      const problem = writeField(column, this.columns.length, isNull ? undefined : text);
      if (problem === undefined) continue;
      this.#rejectRecord(this.#texts(splitter, bytes, 'utf8'), offset, schema.fields[index]?.name ?? '', problem);
      return;
    }
    this.columns.length++;
    this.#count();
  }

  /** Kept as Latin-1, which such files mostly are and which loses no byte. */
  #rejectInvalid(splitter: RecordSplitter, bytes: Buffer, offset: number): void {
    const field = splitter.fields.findIndex(({ start, end }) => !isUtf8(bytes.subarray(start, end)));
    const column = this.#layout.names[field] ?? '';
    this.#rejectRecord(this.#texts(splitter, bytes, 'latin1'), offset, column, 'is not valid UTF-8');
  }

  #texts(splitter: RecordSplitter, bytes: Buffer, encoding: BufferEncoding): Record<string, string> {
    const texts = splitter.fields.map((field) => splitter.text(bytes, field, encoding));
    return Object.fromEntries(this.#layout.names.map((name, field) => [name, texts[field] ?? '']));
  }

  #rejectBroken(outcome: Outcome, fields: number, bytes: Buffer, offset: number): void {
    const messages: Partial<Record<Outcome, string>> = {
      columns: `The record has ${fields} fields, the header has ${this.#layout.names.length}.`,
      quoting: 'The record has text behind a closing quote.',
      unterminated: 'The record has a quote that is never closed.',
      'too long': `The record is longer than ${RECORD_BYTES / 1024 / 1024} MiB; only its beginning is kept.`,
    };
    const text = bytes.toString('utf8', 0, Math.min(bytes.length, KEPT_BYTES)).replace(/\r?\n?$/, '');
    this.#reject({ record: text, offset, message: messages[outcome] ?? outcome });
  }

  #rejectRecord(record: Record<string, string>, offset: number, column: string, problem: string): void {
    this.#reject({ record, offset, column, message: `${column} ${problem}` });
  }

  #reject(rejection: Omit<Rejection, 'rowNumber'>): void {
    this.#rowNumbers ??= Array.from({ length: this.records }, (_, index) => this.#firstRow + index);
    this.#rejections.push({ ...rejection, rowNumber: this.#firstRow + this.records });
    this.records++;
  }
}
