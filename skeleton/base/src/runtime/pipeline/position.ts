import { z } from 'zod';

/**
 * Where to go on reading a stream: a small JSON value that only its extractor understands
 * (a keyset `{cursor, key}`, a file and a row, …). It is checkpoint, resume point and high-water mark in one.
 */
export type Position = { readonly [key: string]: z.core.util.JSONType };

/** How far a stream has come, as its sink recorded it together with the rows. */
export interface Checkpoint {
  /** Number of the last committed batch; counts on over all runs of a stream. */
  readonly sequence: number;
  /** Resume after this. */
  readonly position: Position;
  /** Whether the source was read to its end; a full load that is not complete resumes, one that is starts over. */
  readonly complete: boolean;
}

export const checkpointSchema: z.ZodType<Checkpoint> = z.object({
  sequence: z.int().min(0),
  position: z.record(z.string(), z.json()),
  complete: z.boolean(),
});
