import type { ResourceConfig } from '../config/model.ts';
import type { Comparison } from './comparable.ts';
import type { PassageCounts } from './source-records.ts';

export interface Scope {
  readonly comparison: Comparison;
  readonly leftOut: readonly string[];
  readonly staged: boolean;
  readonly mode: ResourceConfig['mode'];
  readonly keepsVersions: boolean;
  readonly counts: PassageCounts;
}

/** What was compared, and what was not, in sentences. */
export function describeScope(scope: Scope): string[] {
  const { comparison, leftOut, staged, keepsVersions, counts } = scope;
  const sentences = [describeSource(scope)];
  if (staged) sentences.push('Compared is what the stages of the resource make of the source.');
  if (counts.refused > 0) {
    sentences.push(
      `${counts.refused} records of the source are left out: a stage or a column of the sink refuses them.`,
    );
  }
  if (comparison.key.length === 0) {
    sentences.push('There is no key: records are compared as a whole, so a changed one is both missing and extra.');
  }
  if (leftOut.length > 0) sentences.push(`Columns that only the sink has are left out: ${leftOut.join(', ')}.`);
  if (keepsVersions)
    sentences.push('The sink keeps earlier versions of a record; one of them has to be that of the source.');
  return sentences;
}

function describeSource({ mode }: Scope): string {
  return mode === 'full'
    ? 'The source is compared as it is now: what changed since the last run is a difference.'
    : 'The source is compared up to the position of the last run: what the next one will bring is left out.';
}
