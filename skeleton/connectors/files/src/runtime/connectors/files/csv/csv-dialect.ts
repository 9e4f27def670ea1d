import type { FilesSource } from '../options.ts';
import type { SourceFile } from '../source-files.ts';

/** How a CSV file is written, as bytes. */
export interface CsvDialect {
  readonly delimiter: number;
  readonly quote: number;
  readonly nullText: Buffer;
}

export function csvDialect(file: SourceFile, options: FilesSource): CsvDialect {
  const delimiter = options.delimiter ?? (file.format === 'tsv' ? '\t' : ',');
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: options.quote.charCodeAt(0),
    nullText: Buffer.from(options.nullText),
  };
}

export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
