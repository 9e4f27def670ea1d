import { reserveBytes } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import { parseDateBytes, parseTimestampBytes } from '../../../columns/parse-bytes.ts';
import type { CsvLayout } from './csv-layout.ts';
import { scannerSource } from './scanner-source.ts';
import { writeText } from './write-field.ts';

export interface ScanLimits {
  /** Behind a line end; nothing behind it is looked at. */
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
 */
export type ScanRecords = (columns: Columns, bytes: Buffer, start: number, limits: ScanLimits) => number;

/** A function of more columns is so long that the engine does not optimise it. */
const MOST_COLUMNS = 64;

/** Whether there is a scanner of its own for files like this: few columns, in the way RFC 4180 writes them. */
export function isCompilable({ names, dialect }: CsvLayout): boolean {
  const { quote, escape: escaping, comment, nullTexts } = dialect;
  return names.length <= MOST_COLUMNS && escaping === quote && comment < 0 && nullTexts.length === 1;
}

/**
 * Writes the loop that reads one layout of CSV out as a function of its own, which takes half the time of a loop that
 * looks up what each field is. It takes quotes, NULLs, numbers, dates and timestamps in their common forms from bytes
 * directly into typed columns, and leaves anything else to the splitter, which knows every form and says what is
 * wrong: what is in doubt is never decided here.
 */
export function compileScanner(layout: CsvLayout): ScanRecords {
  const compile = new Function('tools', scannerSource(layout));
  return compile({ reserveBytes, parseDateBytes, parseTimestampBytes, writeText }) as ScanRecords;
}
