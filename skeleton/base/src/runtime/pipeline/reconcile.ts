import { PipelineError } from '../errors/pipeline-error.ts';
import { type RunCounts, unaccounted } from './metrics.ts';

/**
 * Accounts for every record of a run.
 *
 * @param confirmed records that the sink says it has committed
 * @throws PipelineError `UNRECONCILED` naming the difference
 */
export function reconcile(counts: RunCounts, confirmed: number, resource: string): void {
  const difference = unaccounted(counts);
  if (difference !== 0) {
    const what = difference > 0 ? `${difference} records are lost` : `${-difference} records are too many`;
    throw unreconciled(
      `${what}: read ${counts.read} + expanded ${counts.expanded} ≠ written ${counts.written} + dead letters ` +
        `${counts.deadLettered} + filtered ${counts.filtered} + merged ${counts.merged}.`,
      resource,
    );
  }
  if (confirmed !== counts.written) {
    throw unreconciled(`${counts.written} records were given to the sink, and it confirms ${confirmed}.`, resource);
  }
}

function unreconciled(message: string, resource: string): PipelineError {
  return new PipelineError('UNRECONCILED', message, {
    where: { resource },
    hint: 'A connector or transformer miscounts or loses records; the rows of this run need a look before they are used.',
  });
}
