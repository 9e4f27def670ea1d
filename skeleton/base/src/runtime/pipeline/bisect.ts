import { PipelineError } from '../errors/pipeline-error.ts';

export interface BisectFailure {
  readonly index: number;
  readonly error: unknown;
}

export interface BisectOptions {
  /** Most failures that are isolated; default: no limit. */
  readonly limit?: number;
  /** Which record of the attempt, from 0, an error is the fault of, where the error says so: no halving then. */
  readonly locate?: (error: unknown) => number | undefined;
}

/**
 * Does work on `size` records, and where it throws, again on each half, until the records that cause it stand
 * alone. The parts that succeed are done exactly once and in order; k bad records cost about 2k log2(size) attempts.
 *
 * @param attempt works on records `start` up to `end`, all or nothing
 * @param isolates whether an error may be the fault of a record; other errors end the work
 * @throws the error that is no record's fault, or PipelineError `REJECTED` beyond the limit
 */
export async function bisect(
  size: number,
  attempt: (start: number, end: number) => void | Promise<void>,
  isolates: (error: unknown) => boolean,
  { limit = Number.POSITIVE_INFINITY, locate = () => undefined }: BisectOptions = {},
): Promise<BisectFailure[]> {
  const failures: BisectFailure[] = [];
  const parts: { start: number; end: number }[] = [{ start: 0, end: size }];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { start, end } = part;
    try {
      if (end > start) await attempt(start, end);
    } catch (error) {
      if (!isolates(error)) throw error;
      const index = end - start === 1 ? start : start + (locate(error) ?? Number.NaN);
      if (index >= start && index < end) {
        failures.push({ index, error });
        parts.push({ start: index + 1, end }, { start, end: index });
      } else {
        const middle = Math.floor((start + end) / 2);
        parts.push({ start: middle, end }, { start, end: middle });
      }
      if (failures.length > limit) {
        throw new PipelineError('REJECTED', `More than ${limit} records of one batch are refused.`, { cause: error });
      }
    }
  }
  return failures.sort((left, right) => left.index - right.index);
}
