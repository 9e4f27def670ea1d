import { isUtf8 } from 'node:buffer';
import { parseJsonText } from '../../../columns/json-text.ts';
import { columnsFromRows } from '../../../columns/rows.ts';
import { ValueError } from '../../../columns/write-values.ts';
import type { Rejection, Row } from '../../../pipeline/batch.ts';
import { fieldNames, type TableSchema } from '../../../schema/table-schema.ts';
import { KEPT_BYTES, RECORD_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import { textToValue } from '../text-values.ts';

/** The objects of one batch while they are collected. */
export class JsonGroup {
  readonly #schema: TableSchema | undefined;
  /** Properties that a record may have, where others would be lost. */
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #binary: readonly string[];
  readonly #rows: Row[] = [];
  readonly #rowNumbers: number[] = [];
  readonly #rejections: Rejection[] = [];
  readonly #firstRow: number;
  /** Records so far, rejected ones included. */
  records = 0;

  /** @param firstRow 1-based number of the first record in the file */
  constructor({ schema }: Pick<ReadRequest, 'schema'>, firstRow: number) {
    this.#schema = schema;
    this.#allowed = schema === undefined ? undefined : new Set(fieldNames(schema));
    this.#binary = schema?.fields.filter(({ type }) => type.kind === 'binary').map(({ name }) => name) ?? [];
    this.#firstRow = firstRow;
  }

  /** Adds the record that `bytes` are the JSON text of. */
  add(bytes: Buffer): void {
    if (bytes.length > RECORD_BYTES) this.addTooLong(bytes);
    else if (!isUtf8(bytes)) this.#rejectText(bytes, 'latin1', 'The record is not valid UTF-8.');
    else this.#parse(bytes);
  }

  /** Adds a record of which only the beginning was read. */
  addTooLong(beginning: Buffer): void {
    const limit = `${RECORD_BYTES / 1024 / 1024} MiB`;
    this.#rejectText(beginning, 'utf8', `The record is longer than ${limit}; only its beginning is kept.`);
  }

  finish(): Pick<RecordGroup, 'rows' | 'columns' | 'rowNumbers' | 'rejections'> {
    const rowNumbers = this.#rejections.length === 0 ? this.#firstRow : this.#rowNumbers;
    if (this.#schema === undefined) return { rows: this.#rows, rowNumbers, rejections: this.#rejections };
    const { columns, failures } = columnsFromRows(this.#schema, this.#rows);
    if (failures.length === 0) return { columns, rowNumbers, rejections: this.#rejections };
    const failed = new Set(failures.map(({ index }) => index));
    const unfit = failures.map(({ index, column, message }) => ({
      record: this.#rows[index],
      rowNumber: this.#rowNumbers[index],
      column,
      message: `${column} ${message}`,
    }));
    const rejections = [...this.#rejections, ...unfit];
    rejections.sort((left, right) => (left.rowNumber ?? 0) - (right.rowNumber ?? 0));
    return { columns, rowNumbers: this.#rowNumbers.filter((_, index) => !failed.has(index)), rejections };
  }

  #parse(bytes: Buffer): void {
    const text = bytes.toString('utf8');
    let value: unknown;
    try {
      value = parseJsonText(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#rejectText(bytes, 'utf8', `The record is no JSON: ${reason}`);
      return;
    }
    if (!isRow(value)) this.#rejectText(bytes, 'utf8', 'The record is no JSON object.');
    else this.#accept(value);
  }

  #accept(row: Row): void {
    if (this.#allowed !== undefined) {
      for (const name in row) {
        if (this.#allowed.has(name)) continue;
        this.#reject({ record: row, column: name, message: `${name} is a property that no sampled record has` });
        return;
      }
    }
    const decoded: Record<string, unknown> = this.#binary.length === 0 ? row : { ...row };
    for (const name of this.#binary) {
      const problem = decodeBinary(decoded, name);
      if (problem === undefined) continue;
      this.#reject({ record: row, column: name, message: `${name} ${problem}` });
      return;
    }
    this.#rows.push(decoded);
    this.#rowNumbers.push(this.#firstRow + this.records++);
  }

  #rejectText(bytes: Buffer, encoding: BufferEncoding, message: string): void {
    this.#reject({ record: bytes.toString(encoding, 0, Math.min(bytes.length, KEPT_BYTES)), message });
  }

  #reject(rejection: Omit<Rejection, 'rowNumber'>): void {
    this.#rejections.push({ ...rejection, rowNumber: this.#firstRow + this.records++ });
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON has no bytes; they are base64 there. @returns what is wrong with the value */
function decodeBinary(row: Record<string, unknown>, name: string): string | undefined {
  const value = row[name];
  if (typeof value !== 'string') return undefined;
  try {
    row[name] = textToValue({ kind: 'binary' }, value);
    return undefined;
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
}
