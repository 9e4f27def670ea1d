import { reserveBytes } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import { parseDateBytes } from '../../../columns/parse-bytes.ts';
import type { TableSchema } from '../../../schema/table-schema.ts';
import { POWERS } from '../scan-number.ts';
import { valueForm } from '../value-form.ts';
import { scanText } from './scan-text.ts';
import type { ScanValue } from './scan-value.ts';
import { type Separation, scannerSource } from './scanner-source.ts';

export interface ScanLimits {
  /** Behind whole records; nothing behind it is looked at. The bytes before it are valid UTF-8. */
  readonly end: number;
  /** No record is begun at or behind this position. */
  readonly stop: number;
  /** Records that the columns can hold. */
  readonly capacity: number;
}

/**
 * Appends records to columns until one of them is not written in the common way, or a limit is reached.
 *
 * @returns the position of the first record that was not taken
 * @throws ValueError, SyntaxError where that is because of its values
 */
export type ScanRecords = (columns: Columns, bytes: Buffer, start: number, limits: ScanLimits) => number;

/** A function of more columns is so long that the engine does not optimise it. */
const MOST_COLUMNS = 64;

/** Not written out in the scanner: that takes the engine 30 MiB more to compile. */
function isAt(bytes: Buffer, position: number, key: Buffer): boolean {
  for (let index = 0; index < key.length; index++) if (bytes[position + index] !== key[index]) return false;
  return true;
}

/**
 * Writes the loop out that reads objects whose members come in the order of the columns; it takes half the time of a
 * loop that looks up what each member is.
 *
 * @param scanOther for values that are not in the common form of their type
 * @returns `undefined` where there are too many columns
 */
export function compileScanner(
  schema: TableSchema,
  separation: Separation,
  scanOther: ScanValue,
): ScanRecords | undefined {
  const { fields } = schema;
  if (fields.length === 0 || fields.length > MOST_COLUMNS) return undefined;
  const compile = new Function('tools', scannerSource(schema, separation));
  const keys = fields.map(({ name }) => Buffer.from(`${JSON.stringify(name)}:`));
  const tools = {
    isAt,
    keys,
    reserveBytes,
    parseDateBytes,
    scanText,
    scanOther,
    forms: fields.map(valueForm),
    powers: POWERS,
  };
  return compile(tools) as ScanRecords;
}
