/** Records that came out other than in an undisturbed run. */
export interface Difference {
  readonly lost: readonly string[];
  /** Those that are there more often, and those that should not be there at all. */
  readonly doubled: readonly string[];
}

/** Compares records as multisets. */
export function compare(expected: readonly string[], found: readonly string[]): Difference {
  const missing = countEach(expected);
  const doubled = found.filter((record) => {
    const left = missing.get(record) ?? 0;
    if (left > 0) missing.set(record, left - 1);
    return left === 0;
  });
  const lost = [...missing].flatMap(([record, count]) => Array.from({ length: count }, () => record));
  return { lost, doubled };
}

function countEach(records: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) counts.set(record, (counts.get(record) ?? 0) + 1);
  return counts;
}
