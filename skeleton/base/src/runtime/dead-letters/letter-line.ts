import { z } from 'zod';
import { type FailureMarker, markerSchema, type ReplayMarker } from './replay-outcome.ts';

/** What tells a letter from all others, and when it came. */
interface LetterIdentity {
  readonly id: string;
  /** Number of its batch. */
  readonly sequence: number;
}

/** What a line of a file of dead letters is: a letter, or what is noted about one. */
export type LetterLine = LetterIdentity | ReplayMarker | FailureMarker;

const lineSchema: z.ZodType<LetterLine> = z.union([z.object({ id: z.string(), sequence: z.int() }), markerSchema]);

/** Of a line that somebody damaged, `undefined`: it stays as it is. */
export function readLetterLine(text: string): LetterLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The id of the letter that a line is, or is about. */
export function letterOf(line: LetterLine): string {
  if ('id' in line) return line.id;
  return 'replayed' in line ? line.replayed : line.failed;
}
