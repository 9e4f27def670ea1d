import { isUtf8 } from 'node:buffer';
import { Columns } from '../../../columns/columns.ts';
import type { Rejection } from '../../../pipeline/batch.ts';
import { KEPT_BYTES, RECORD_BYTES, type RecordGroup } from '../record-group.ts';
import type { ScanLimits, ScanRecords } from './compile-scanner.ts';
import type { CsvLayout } from './csv-layout.ts';
import type { Outcome, RecordSplitter } from './record-splitter.ts';
import { writeField } from './write-field.ts';

/** The records of one batch while they are collected. */
export class CsvGroup {
  readonly #layout: CsvLayout;
  readonly #columns: Columns;
  readonly #rejections: Rejection[] = [];
  readonly #firstRow: number;
  readonly #capacity: number;
  /** Made with the first rejected record: until then the numbers count up. */
  #rowNumbers: number[] | undefined;
  /** Records so far, rejected ones included. */
  records = 0;

  /** @param firstRow 1-based number of the first record in the file */
  constructor(layout: CsvLayout, capacity: number, firstRow: number) {
    this.#layout = layout;
    this.#columns = Columns.allocate(layout.schema, capacity);
    this.#firstRow = firstRow;
    this.#capacity = capacity;
  }

  /** Adds the records that the scanner takes. @returns the position of the first one that it does not take */
  scan(scanner: ScanRecords, bytes: Buffer, start: number, limits: Omit<ScanLimits, 'capacity'>): number {
    const before = this.#columns.length;
    const position = scanner(this.#columns, bytes, start, {
      ...limits,
      capacity: before + this.#capacity - this.records,
    });
    this.#count(this.#columns.length - before);
    return position;
  }

  /** Adds the record that `splitter` has found in `bytes` between `start` and `end`. */
  add(splitter: RecordSplitter, bytes: Buffer, start: number, end: number): void {
    if (splitter.outcome === 'blank') return;
    if (splitter.outcome !== 'good') {
      this.#rejectBroken(splitter.outcome, splitter.fields.length, bytes.subarray(start, end));
    } else if (!isUtf8(bytes.subarray(start, end))) {
      this.#rejectInvalid(splitter, bytes);
    } else {
      this.#write(splitter, bytes);
    }
  }

  /** Adds a record of which only the beginning was read. */
  addTooLong(beginning: Buffer): void {
    this.#rejectBroken('too long', 0, beginning);
  }

  finish(): Pick<RecordGroup, 'columns' | 'rowNumbers' | 'rejections'> {
    return { columns: this.#columns, rowNumbers: this.#rowNumbers ?? this.#firstRow, rejections: this.#rejections };
  }

  #count(records: number): void {
    for (let record = 0; this.#rowNumbers !== undefined && record < records; record++) {
      this.#rowNumbers.push(this.#firstRow + this.records + record);
    }
    this.records += records;
  }

  #write(splitter: RecordSplitter, bytes: Buffer): void {
    const { schema, fields, dialect } = this.#layout;
    const nullText = dialect.nullText.toString();
    for (const [index, column] of this.#columns.columns.entries()) {
      const field = splitter.fields[fields[index] ?? -1];
      const text = field && splitter.text(bytes, field);
      const isNull = text === undefined || (field?.kind === 'plain' && text === nullText);
      const problem = writeField(column, this.#columns.length, isNull ? undefined : text);
      if (problem === undefined) continue;
      this.#rejectRecord(this.#texts(splitter, bytes, 'utf8'), schema.fields[index]?.name ?? '', problem);
      return;
    }
    this.#columns.length++;
    this.#count(1);
  }

  /** Kept as Latin-1, which such files mostly are and which loses no byte. */
  #rejectInvalid(splitter: RecordSplitter, bytes: Buffer): void {
    const field = splitter.fields.findIndex(({ start, end }) => !isUtf8(bytes.subarray(start, end)));
    this.#rejectRecord(this.#texts(splitter, bytes, 'latin1'), this.#layout.names[field] ?? '', 'is not valid UTF-8');
  }

  #texts(splitter: RecordSplitter, bytes: Buffer, encoding: BufferEncoding): Record<string, string> {
    const texts = splitter.fields.map((field) => splitter.text(bytes, field, encoding));
    return Object.fromEntries(this.#layout.names.map((name, field) => [name, texts[field] ?? '']));
  }

  #rejectBroken(outcome: Outcome, fields: number, bytes: Buffer): void {
    const messages: Partial<Record<Outcome, string>> = {
      columns: `The record has ${fields} fields, the header has ${this.#layout.names.length}.`,
      quoting: 'The record has text behind a closing quote.',
      unterminated: 'The record has a quote that is never closed.',
      'too long': `The record is longer than ${RECORD_BYTES / 1024 / 1024} MiB; only its beginning is kept.`,
    };
    const text = bytes.toString('utf8', 0, Math.min(bytes.length, KEPT_BYTES)).replace(/\r?\n?$/, '');
    this.#reject({ record: text, message: messages[outcome] ?? outcome });
  }

  #rejectRecord(record: Record<string, string>, column: string, problem: string): void {
    this.#reject({ record, column, message: `${column} ${problem}` });
  }

  #reject(rejection: Omit<Rejection, 'rowNumber'>): void {
    this.#rowNumbers ??= Array.from({ length: this.records }, (_, index) => this.#firstRow + index);
    this.#rejections.push({ ...rejection, rowNumber: this.#firstRow + this.records });
    this.records++;
  }
}
