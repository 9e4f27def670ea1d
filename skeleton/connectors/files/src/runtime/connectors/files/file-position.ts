import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Position } from '../../pipeline/position.ts';
import { compareNames, type SourceFile } from './source-files.ts';

const positionSchema = z.object({
  /** Modification time (milliseconds since 1970) and name of the file that was read last. */
  modified: z.number(),
  name: z.string(),
  /** Records of that file that were read, rejected ones included. */
  row: z.int().min(0),
  /** Bytes of the file, decompressed and as UTF-8, that were read; 0 where the format counts records only. */
  offset: z.int().min(0),
  /** Whether the file is known to be read to its end: then it is not opened again. */
  done: z.boolean(),
  /** Latest arrival of a file that was there when this position was made. */
  arrived: z.number(),
});

/** How far the files were read: everything before that file, and so many records of it. */
export type FilePosition = z.infer<typeof positionSchema>;

/** @throws PipelineError CONFIGURATION when the position was not made by this extractor */
export function parsePosition(position: Position): FilePosition {
  const result = positionSchema.safeParse(position);
  if (result.success) return result.data;
  throw new PipelineError('CONFIGURATION', 'The sink holds a position that no files source has made.', {
    hint: 'Was the source of this resource another system before? Give the resource a new name or table.',
    cause: result.error,
  });
}

/** Whether a file comes behind the one of the position, or is that one and not done. A file that changes comes again. */
export function isStillToRead(file: SourceFile, position: FilePosition | undefined): boolean {
  if (position === undefined) return true;
  if (file.modified !== position.modified) return file.modified > position.modified;
  const order = compareNames(file.name, position.name);
  return order > 0 || (order === 0 && !position.done);
}

/** Files that arrived behind the position with an older modification time: they are not read. */
export function lateFiles(files: readonly SourceFile[], position: FilePosition): SourceFile[] {
  return files.filter(
    (file) => file.arrived > position.arrived && file.name !== position.name && !isStillToRead(file, position),
  );
}

/** Where to start in a file. */
export function startIn(file: SourceFile, position: FilePosition | undefined): { row: number; offset: number } {
  const same = position !== undefined && position.modified === file.modified && position.name === file.name;
  return same ? { row: position.row, offset: position.offset } : { row: 0, offset: 0 };
}
