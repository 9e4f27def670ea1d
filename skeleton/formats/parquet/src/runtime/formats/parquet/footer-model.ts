import { z } from 'zod';

const integer = z.int32();
/** Sizes, positions and counts: 64 bits in the file, never that many in fact. */
const size = z.bigint().min(0n).max(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);
const unit = z.enum(['MILLIS', 'MICROS', 'NANOS']);

const TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const;

const annotation = z.discriminatedUnion('type', [
  z.object({ type: z.literal('DECIMAL'), precision: integer, scale: integer }),
  z.object({ type: z.literal(['TIME', 'TIMESTAMP']), isAdjustedToUTC: z.boolean(), unit }),
  z.object({ type: z.literal('INTEGER'), bitWidth: integer, isSigned: z.boolean() }),
  z.object({ type: z.literal(['STRING', 'ENUM', 'JSON', 'BSON', 'UUID', 'FLOAT16', 'DATE', 'LIST', 'MAP', 'NULL']) }),
  z.object({ type: z.literal(['INTERVAL', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY']) }),
]);
/** One that came into the format later. */
const unknownAnnotation = z.object({ type: z.undefined().optional() }).transform(() => undefined);

const schemaElement = z.object({
  name: z.string(),
  type: z.enum(TYPES).optional(),
  type_length: integer.optional(),
  repetition_type: z.enum(['REQUIRED', 'OPTIONAL', 'REPEATED']).optional(),
  num_children: integer.optional(),
  converted_type: z.string().optional(),
  scale: integer.optional(),
  precision: integer.optional(),
  logical_type: z.union([annotation, unknownAnnotation]).optional(),
});

const chunk = z.object({
  file_path: z.undefined({ error: 'the columns are in other files' }).optional(),
  meta_data: z.object({
    type: z.enum(TYPES),
    path_in_schema: z.array(z.string()),
    codec: z.enum(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW']),
    num_values: size,
    total_uncompressed_size: size,
    total_compressed_size: size,
    data_page_offset: size,
    dictionary_page_offset: size.optional(),
  }),
});

const rowGroup = z.object({ columns: z.array(chunk), num_rows: size, total_byte_size: size });

/** What the reader takes from a footer, as hyparquet gives it. */
export const footerSchema = z.object({
  schema: z.array(schemaElement).min(1),
  num_rows: size,
  row_groups: z.array(rowGroup),
});

export type Footer = z.infer<typeof footerSchema>;
export type RowGroup = z.infer<typeof rowGroup>;
export type ChunkMetadata = z.infer<typeof chunk>['meta_data'];
export type SchemaElement = z.infer<typeof schemaElement>;
export type Annotation = z.infer<typeof annotation>;
