import { z } from 'zod';

/** Options of a connection of type `files`. */
export const connectionOptions = z.strictObject({
  /** Folder that patterns and tables are relative to. */
  path: z.string().min(1),
});

const singleByte = (name: string) =>
  z.string().regex(/^[\t -~]$/, { error: `is not a ${name} of one ASCII character` });

/** Options of a resource's `source` on a files connection. */
export const sourceOptions = z.strictObject({
  /** Files below the connection's folder: `orders/*.csv`. Names that start with `.` or `_` are passed over. */
  path: z.string().min(1),
  /** Of all files; when left out, the extension of each says it (`.csv`, `.tsv`, `.ndjson`, `.jsonl`, `.json`, `.parquet`). */
  format: z.enum(['csv', 'tsv', 'ndjson', 'json', 'parquet']).optional(),
  /** Between the fields of CSV. Default `,`, in `.tsv` files a tab. */
  delimiter: singleByte('delimiter').optional(),
  /** Around fields of CSV that contain delimiters, quotes or line ends. */
  quote: singleByte('quote').default('"'),
  /** CSV: whether the first record holds the names; or the names of files that have no such record. */
  header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).default(true),
  /** Of CSV and JSON files. Default UTF-8. */
  encoding: z.enum(['utf-8', 'utf-16le', 'latin1']).default('utf-8'),
  /** CSV: the unquoted text that means NULL. Default: the empty field. */
  nullText: z.string().default(''),
});

const RELATIVE_FOLDER = /^(?![._])[\p{L}\p{N}_.-]+(\/(?![._])[\p{L}\p{N}_.-]+)*$/u;

/** Options of a resource's `sink` on a files connection. */
export const sinkOptions = z
  .strictObject({
    /** Folder below the connection's that receives the files: `orders`, `sales/orders`. */
    table: z.string().regex(RELATIVE_FOLDER, { error: 'is not a folder name like orders or sales/orders' }),
    format: z.enum(['parquet', 'ndjson', 'csv']).default('parquet'),
    /** Of NDJSON and CSV files. Parquet files are always compressed with zstd. */
    compression: z.enum(['gzip', 'none']).default('none'),
  })
  .refine(({ format, compression }) => format !== 'parquet' || compression === 'none', {
    path: ['compression'],
    error: 'is for ndjson and csv; parquet files are compressed already',
  });

export type FilesConnection = z.infer<typeof connectionOptions>;
export type FilesSource = z.infer<typeof sourceOptions>;
export type FilesSink = z.infer<typeof sinkOptions>;
