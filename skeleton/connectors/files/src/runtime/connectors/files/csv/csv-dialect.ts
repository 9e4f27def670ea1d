import type { FilesSource } from '../options.ts';
import type { SourceFile } from '../source-files.ts';

/** How a CSV file is written, as bytes; -1 is a byte that there is not. */
export interface CsvDialect {
  readonly delimiter: number;
  readonly quote: number;
  /** In quotes, what makes the next byte a part of the text; a quote for a quote, unless it is another byte. */
  readonly escape: number;
  /** What a line starts with that is no record. */
  readonly comment: number;
  /** Texts that mean NULL where they are not in quotes. */
  readonly nullTexts: readonly Buffer[];
}

const NONE = -1;

export function csvDialect(file: SourceFile, options: FilesSource): CsvDialect {
  const delimiter = options.delimiter ?? (file.format === 'tsv' ? '\t' : ',');
  const quote = options.quote === false ? NONE : options.quote.charCodeAt(0);
  return {
    delimiter: delimiter.charCodeAt(0),
    quote,
    escape: options.escape?.charCodeAt(0) ?? quote,
    comment: options.comment?.charCodeAt(0) ?? NONE,
    nullTexts: [options.nullText].flat().map((text) => Buffer.from(text)),
  };
}

export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
