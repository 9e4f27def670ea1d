import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longer than a minute and a half on two cores, the longest first. */
const LONG = [
  'services/repositories/repositories',
  'faults/kill',
  'faults/concurrency',
  'faults/network',
  'services/deployment/airflow-run',
  'faults/replay',
  'faults/known-issues',
  'render/sources',
  'faults/server',
  'wizard/personas',
  'services/storage/full-disk',
  'faults/shards',
  'render/combinations',
];

/** Starts the files that take long before all others, of whatever project, so that none of them runs alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => rank(left) - rank(right));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = LONG.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
  return index === -1 ? LONG.length : index;
}
