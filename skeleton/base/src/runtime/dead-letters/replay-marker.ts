import { z } from 'zod';

/** A line that says that a dead letter was replayed. */
export interface ReplayMarker {
  /** Id of the dead letter. */
  readonly replayed: string;
  /** The run that replayed it. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export const replayMarkerSchema: z.ZodType<ReplayMarker> = z.object({
  replayed: z.string(),
  run: z.string(),
  at: z.iso.datetime(),
});

const MARKER_START = '{"replayed":';

export function isReplayMarker(line: string): boolean {
  return line.startsWith(MARKER_START);
}
