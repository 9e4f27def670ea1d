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
  quote: z
    .union([z.literal(false), singleByte('quote')])
    .default('"')
    .describe('Around fields of CSV that contain delimiters, quotes or line ends; false: there are none.'),
  escape: singleByte('escape')
    .optional()
    .describe('CSV: what stands in front of a quote inside of quotes, as the backslash of MySQL. Default: a quote.'),
  comment: singleByte('comment').optional().describe('CSV: what the lines start with that are no records.'),
  header: z
    .union([z.boolean(), z.array(z.string().min(1)).min(1)])
    .default(true)
    .describe('CSV: whether the first record holds the names; or the names of files that have no such record.'),
  encoding: z
    .enum(['utf-8', 'utf-16le', 'utf-16be', 'latin1'])
    .default('utf-8')
    .describe('Of CSV and JSON files without a byte order mark, which says it itself. latin1 is Windows-1252.'),
  nullText: z
    .union([z.string(), z.array(z.string()).min(1)])
    .default('')
    .describe('CSV: the unquoted text, or texts, that mean NULL. Default: the empty field.'),
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
