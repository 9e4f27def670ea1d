import { z } from 'zod';
import type { Difference, DifferenceCounts } from './difference.ts';

/** One of the two ends, as a report shows it. */
export interface ComparedEnd {
  /** Where the records are, for people. */
  readonly name: string;
  readonly records: number;
  /** Where its checksums were computed. */
  readonly place: string;
  /** Queries of a database; otherwise times that all of it was read. */
  readonly passes: number;
}

/** What came of comparing the source and the sink of a resource. */
export interface VerifyReport {
  readonly resource: string;
  /** Whether the sink holds what the stages make of the source. */
  readonly equal: boolean;
  readonly source: ComparedEnd;
  readonly sink: ComparedEnd;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** What was compared, and what was not, in sentences. */
  readonly scope: readonly string[];
  /** Ranges of keys that differ, of 65,536. */
  readonly rangesDiffering: number;
  /** Whether all of them were looked at; otherwise `counts` are the least there is. */
  readonly exhaustive: boolean;
  readonly counts: DifferenceCounts;
  readonly differences: readonly Difference[];
  readonly milliseconds: number;
}

const count = z.int().min(0);

/** What a manifest keeps of a report: no key and no value of a record. */
export const verificationSchema = z.object({
  equal: z.boolean(),
  records: z.object({ source: count, sink: count }),
  rangesDiffering: count,
  exhaustive: z.boolean(),
  counts: z.object({
    missing: count,
    extra: count,
    different: count,
    deadLettered: count,
    pending: count,
    superseded: count,
  }),
  milliseconds: z.number().min(0),
});

export type Verification = z.infer<typeof verificationSchema>;
