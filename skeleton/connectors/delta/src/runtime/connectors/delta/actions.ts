import { z } from 'zod';

/**
 * The actions of Delta's transaction log that this connector reads and writes, as the protocol names them:
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
 *
 * The same schemas read commits (JSON) and checkpoints (Parquet), which have 64-bit integers as bigint.
 */

function optional<T extends z.ZodType>(schema: T) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

const long = z.union([z.int(), z.bigint().transform(Number)]);
const texts = z.record(z.string(), z.string());
const partitionValues = z.record(z.string(), z.union([z.string(), z.null(), z.undefined()]));

const protocolSchema = z.object({
  minReaderVersion: z.int(),
  minWriterVersion: z.int(),
  readerFeatures: optional(z.array(z.string())),
  writerFeatures: optional(z.array(z.string())),
});

const metadataSchema = z.object({
  id: z.string(),
  name: optional(z.string()),
  description: optional(z.string()),
  format: z.object({ provider: z.string(), options: optional(texts) }),
  schemaString: z.string(),
  partitionColumns: z.array(z.string()),
  configuration: optional(texts),
  createdTime: optional(long),
});

const addFileSchema = z.object({
  path: z.string(),
  partitionValues: optional(partitionValues),
  size: long,
  modificationTime: long,
  dataChange: z.boolean(),
  stats: optional(z.string()),
  tags: optional(partitionValues),
});

const removeFileSchema = z.object({
  path: z.string(),
  deletionTimestamp: optional(long),
  dataChange: z.boolean(),
  extendedFileMetadata: optional(z.boolean()),
  partitionValues: optional(partitionValues),
  size: optional(long),
});

const transactionSchema = z.object({
  appId: z.string(),
  version: long,
  lastUpdated: optional(long),
});

export const actionSchema = z.object({
  protocol: optional(protocolSchema),
  metaData: optional(metadataSchema),
  add: optional(addFileSchema),
  remove: optional(removeFileSchema),
  txn: optional(transactionSchema),
  commitInfo: optional(z.record(z.string(), z.unknown())),
});

export type Protocol = Readonly<z.infer<typeof protocolSchema>>;
export type Metadata = Readonly<z.infer<typeof metadataSchema>>;
export type AddFile = Readonly<z.infer<typeof addFileSchema>>;
export type RemoveFile = Readonly<z.infer<typeof removeFileSchema>>;
export type Transaction = Readonly<z.infer<typeof transactionSchema>>;

/** One line of a commit; exactly one of the members is there, none for an action that this connector can ignore. */
export type Action = Readonly<z.infer<typeof actionSchema>>;

/** The data file that an action is about, whichever way its path was escaped. */
export function filePath(action: { readonly path: string }): string {
  try {
    return decodeURIComponent(action.path);
  } catch {
    return action.path;
  }
}
