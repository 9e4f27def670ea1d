import { z } from 'zod';

/** How a replay of a letter ended. */
export interface ReplayOutcome {
  /** The run that replayed it. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A replay in which the record was refused again, where it was refused before. */
export interface FailedReplay extends ReplayOutcome {
  readonly message: string;
}

/** A line that says that a letter was replayed with success. */
export interface ReplayMarker extends ReplayOutcome {
  /** Id of the dead letter. */
  readonly replayed: string;
}

/** A line that says that a replay of a letter failed. */
export interface FailureMarker extends FailedReplay {
  /** Id of the dead letter. */
  readonly failed: string;
}

const outcome = { run: z.string(), at: z.iso.datetime() };

export const markerSchema: z.ZodType<ReplayMarker | FailureMarker> = z.union([
  z.object({ replayed: z.string(), ...outcome }),
  z.object({ failed: z.string(), ...outcome, message: z.string() }),
]);

/** Whether a line of a file of dead letters is about a letter, and is none itself. */
export function isMarker(line: string): boolean {
  return line.startsWith('{"replayed":') || line.startsWith('{"failed":');
}
