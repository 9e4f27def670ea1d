import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';

interface DamageLocation {
  readonly column?: string | undefined;
  /** Byte of the file. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** What is wrong inside of a file, and where; `asParquetError` adds which file it is. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
  readonly column: string | undefined;
  readonly offset: number | undefined;

  constructor(message: string, { column, offset, cause }: DamageLocation = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.column = column;
    this.offset = offset;
  }
}

/** Adds where a decoder failed; failures of the disk, and what is known about the place already, stay what they are. */
export function locateDamage(error: unknown, offset: number, column?: string): unknown {
  if (error instanceof PipelineError || systemErrorCode(error) !== undefined) return error;
  if (error instanceof DamageError && error.offset !== undefined) return error;
  const known = error instanceof DamageError ? error.column : undefined;
  return new DamageError(messageOf(error), { column: known ?? column, offset, cause: error });
}

/** What goes wrong with a file's contents, in words; failures of the disk and of whoever uses it stay what they are. */
export function asParquetError(error: unknown, path: string): unknown {
  const known = asStorageError(error, path);
  if (known instanceof PipelineError) return known;
  const { column, offset } = error instanceof DamageError ? error : {};
  return new PipelineError('UNREADABLE', `${path} is no readable Parquet file: ${messageOf(error)}.`, {
    where: { file: path, ...(column !== undefined && { column }), ...(offset !== undefined && { offset }) },
    hint: 'Check that the file was copied completely; have it written again if it is damaged.',
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
