import type { Candidate, Timing } from './candidates.ts';

export interface Measurement {
  readonly candidate: string;
  /** Seconds of each repetition, in the order they were run. */
  readonly seconds: readonly number[];
  /** Largest of all repetitions. */
  readonly peakMebibytes?: number;
}

/** Runs the candidates in turn (A B C A B C …), so that what slows the machine slows all of them. */
export async function measure(
  candidates: readonly Candidate[],
  repetitions: number,
  tell: (message: string) => void,
): Promise<Measurement[]> {
  const timings = new Map<string, Timing[]>(candidates.map(({ name }) => [name, []]));
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const candidate of candidates) {
      await candidate.prepare();
      const timing = await candidate.run();
      tell(`${candidate.name}, ${repetition} of ${repetitions}: ${timing.seconds.toFixed(2)} s`);
      timings.get(candidate.name)?.push(timing);
    }
  }
  return [...timings].map(([candidate, all]) => {
    const peaks = all.flatMap(({ peakMebibytes }) => peakMebibytes ?? []);
    return {
      candidate,
      seconds: all.map(({ seconds }) => Number(seconds.toFixed(3))),
      ...(peaks.length > 0 && { peakMebibytes: Math.max(...peaks) }),
    };
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [lower = 0, upper = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (lower + upper) / 2;
}
