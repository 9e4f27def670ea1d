import type { Row } from '../pipeline/batch.ts';

export const DIFFERENCE_KINDS = ['missing', 'extra', 'different'] as const;

/**
 * - `missing`: in the source only
 * - `extra`: in the sink only
 * - `different`: in both, and some columns have other values
 */
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** A record that is not the same in source and sink. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The values that identify it; all of them where there is no key. */
  readonly key: Row;
  /** Columns that differ, of a record that is in both. */
  readonly columns?: readonly string[];
  /** The record where it is; only the columns that differ when it is in both. */
  readonly source?: Row;
  readonly sink?: Row;
}

/** How many records turned out how, in the ranges that were looked at. */
export interface DifferenceCounts {
  missing: number;
  extra: number;
  different: number;
  /** Not in the sink, because it refused them: they are dead letters. */
  deadLettered: number;
  /** Changed in the source since the last run, which the sink does not know yet. */
  pending: number;
  /** Earlier versions that a sink with mode `append` keeps. */
  superseded: number;
}

export function noDifferences(): DifferenceCounts {
  return { missing: 0, extra: 0, different: 0, deadLettered: 0, pending: 0, superseded: 0 };
}
