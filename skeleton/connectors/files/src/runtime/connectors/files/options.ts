import { z } from 'zod';

/** Options of a connection of type `files`. */
export const connectionOptions = z.strictObject({
  path: z.string().min(1).describe('Folder that patterns and tables are relative to.'),
});

const singleByte = (name: string) =>
  z.string().regex(/^[\t -~]$/, { error: `is not a ${name} of one ASCII character` });

/** Options of a resource's `source` on a files connection. */
export const sourceOptions = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("Files below the connection's folder: orders/*.csv. Names that start with . or _ are passed over."),
  format: z
    .enum(['csv', 'tsv', 'ndjson', 'json', 'parquet'])
    .optional()
    .describe(
      'Of all files; when left out, the extension of each says it (.csv, .tsv, .ndjson, .jsonl, .json, .parquet).',
    ),
  delimiter: singleByte('delimiter')
    .optional()
    .describe('Between the fields of CSV. Default: a comma, in .tsv files a tab.'),
  quote: singleByte('quote')
    .default('"')
    .describe('Around fields of CSV that contain delimiters, quotes or line ends.'),
  header: z
    .union([z.boolean(), z.array(z.string().min(1)).min(1)])
    .default(true)
    .describe('CSV: whether the first record holds the names; or the names of files that have no such record.'),
  encoding: z.enum(['utf-8', 'utf-16le', 'latin1']).default('utf-8').describe('Of CSV and JSON files. Default UTF-8.'),
  nullText: z.string().default('').describe('CSV: the unquoted text that means NULL. Default: the empty field.'),
});

const RELATIVE_FOLDER = /^(?![._])[\p{L}\p{N}_.-]+(\/(?![._])[\p{L}\p{N}_.-]+)*$/u;

/** Options of a resource's `sink` on a files connection. */
export const sinkOptions = z
  .strictObject({
    table: z
      .string()
      .regex(RELATIVE_FOLDER, { error: 'is not a folder name like orders or sales/orders' })
      .describe("Folder below the connection's that receives the files: orders, sales/orders."),
    format: z.enum(['parquet', 'ndjson', 'csv']).default('parquet'),
    compression: z
      .enum(['gzip', 'none'])
      .default('none')
      .describe('Of NDJSON and CSV files. Parquet files are always compressed with zstd.'),
  })
  .refine(({ format, compression }) => format !== 'parquet' || compression === 'none', {
    path: ['compression'],
    error: 'is for ndjson and csv; parquet files are compressed already',
  });

export type FilesConnection = z.infer<typeof connectionOptions>;
export type FilesSource = z.infer<typeof sourceOptions>;
export type FilesSink = z.infer<typeof sinkOptions>;
