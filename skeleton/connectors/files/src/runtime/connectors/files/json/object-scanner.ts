import type { Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import { ValueError } from '../../../columns/write-values.ts';
import type { TableSchema } from '../../../schema/table-schema.ts';
import { clearValue } from '../clear-value.ts';
import { type ValueForm, valueForm } from '../value-form.ts';
import { compileScanner, type ScanLimits, type ScanRecords } from './compile-scanner.ts';
import type { Framing } from './framing.ts';
import { KeyMatcher } from './key-matcher.ts';
import { type ScanValue, scanExactValue, scanValue } from './scan-value.ts';

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const LINE_FEED = 10;

/** Columns that objects are read into. */
export interface ObjectLayout {
  readonly schema: TableSchema;
  /** Whether all values have to read back as they are: nothing is converted, and a member that is missing is not NULL. */
  readonly exact: boolean;
}

/**
 * Reads JSON objects from bytes directly into typed columns: members in any order, missing ones as NULL, values in
 * their common forms. Whatever is in doubt (a key that comes twice or that no column has, a value of another type, a
 * number of many digits, what is no JSON) it leaves to `JSON.parse`: nothing is refused here.
 */
export class ObjectScanner {
  readonly #framing: Framing;
  readonly #exact: boolean;
  /** Whether a record has no line ends. */
  readonly #oneLine: boolean;
  readonly #scanValue: ScanValue;
  /** For objects whose members are in the order of the columns. */
  readonly #scanCommon: ScanRecords | undefined;
  readonly #keys: KeyMatcher;
  readonly #forms: readonly ValueForm[];
  /** The record in which each column was last seen, to find members that come twice or not at all. */
  readonly #seen: Int32Array;
  #record = 0;
  /** Whether there are columns whose values are JSON texts. */
  readonly #nested: boolean;

  constructor({ schema, exact }: ObjectLayout, framing: Framing) {
    const { fields } = schema;
    this.#framing = framing;
    this.#exact = exact;
    this.#oneLine = framing.separation === 'lines';
    this.#scanValue = untaken(exact ? scanExactValue : scanValue);
    this.#scanCommon = compileScanner(schema, framing.separation, this.#scanValue);
    this.#keys = new KeyMatcher(fields.map(({ name }) => name));
    this.#forms = fields.map(valueForm);
    this.#seen = new Int32Array(fields.length);
    this.#nested = fields.some(({ type }) => type.kind === 'json');
  }

  /** Appends records to columns, up to the first that it does not take. @returns the position of that one */
  scanRecords(columns: Columns, bytes: Buffer, start: number, limits: ScanLimits): number {
    let position = start;
    while (position < limits.stop && columns.length < limits.capacity) {
      position = this.#scanCommon?.(columns, bytes, position, limits) ?? position;
      if (position >= limits.stop || columns.length === limits.capacity) break;
      const next = this.#scanRecord(columns, bytes, position, limits.end);
      if (next < 0) break;
      columns.length++;
      position = next;
    }
    return position;
  }

  /** @returns the position behind the record and what separates it from the next, -1 when it is not taken */
  #scanRecord(columns: Columns, bytes: Buffer, start: number, end: number): number {
    const first = this.#framing.begin(bytes, start, end);
    if (bytes[first] !== OPEN) return -1;
    const behind = this.#members(columns, bytes, first + 1, this.#limit(bytes, first, end));
    return behind < 0 ? -1 : this.#framing.close(bytes, behind, end);
  }

  #members({ columns, length: index }: Columns, bytes: Buffer, start: number, end: number): number {
    const record = ++this.#record;
    let members = 0;
    let member = columns.length;
    let position = start;
    do {
      position = this.skipSpace(bytes, position);
      member = this.#keys.find(bytes, position, end, member);
      const column = columns[member];
      const form = this.#forms[member];
      if (column === undefined || form === undefined || this.#seen[member] === record) return -1;
      this.#seen[member] = record;
      members++;
      position = this.skipSpace(bytes, position + this.#keys.size(member));
      if (bytes[position] !== COLON) return -1;
      position = this.#scanValue(column, form, index, bytes, this.skipSpace(bytes, position + 1), end);
      if (position < 0) return -1;
      position = this.skipSpace(bytes, position);
    } while (bytes[position++] === COMMA);
    if (bytes[position - 1] !== CLOSE || position > end) return -1;
    return members === columns.length || this.#clearMissing(columns, index) ? position : -1;
  }

  /** @returns the position of the next byte that is no white space */
  skipSpace(bytes: Buffer, start: number): number {
    let position = start;
    for (; ; position++) {
      const byte = bytes[position];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && (byte !== LINE_FEED || this.#oneLine)) return position;
    }
  }

  /** Texts of JSON may hold line ends between its parts; those of a record on one line do not. */
  #limit(bytes: Buffer, start: number, end: number): number {
    if (!this.#oneLine || !this.#nested) return end;
    const lineEnd = bytes.indexOf(LINE_FEED, start);
    return lineEnd < 0 ? end : Math.min(lineEnd, end);
  }

  /** @returns whether all columns that the record does not have may be NULL */
  #clearMissing(columns: readonly Column[], index: number): boolean {
    if (this.#exact) return false;
    for (let member = 0; member < columns.length; member++) {
      const column = columns[member];
      if (column === undefined || this.#seen[member] === this.#record) continue;
      if (column.valid === undefined) return false;
      clearValue(column, index);
    }
    return true;
  }
}

/** The same, where values that do not fit are not taken. */
function untaken(scan: ScanValue): ScanValue {
  return (column, form, index, bytes, start, end) => {
    try {
      return scan(column, form, index, bytes, start, end);
    } catch (error) {
      if (error instanceof ValueError || error instanceof SyntaxError) return -1;
      throw error;
    }
  };
}
