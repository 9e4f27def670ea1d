import { PipelineError } from '../errors/pipeline-error.ts';
import type { Verification, VerifyReport } from '../verify/report.ts';
import { type VerifyRequest, verifyResource } from '../verify/verify-resource.ts';

/** Differences after which it is known well enough that there are some; `pipeline verify` shows them. */
const ENOUGH = 100;

/**
 * Compares source and sink after a run, where `verify` in pipeline.yaml asks for it.
 *
 * @param learn told of the outcome, before the run fails for it
 * @throws PipelineError `UNRECONCILED` when they differ; what the run has committed stays
 */
export async function verifyRun(
  request: Omit<VerifyRequest, 'limit'>,
  learn: (facts: { readonly verification: Verification }) => void,
): Promise<void> {
  const report = await verifyResource({ ...request, limit: ENOUGH });
  const { equal, rangesDiffering, exhaustive, counts, milliseconds, source, sink } = report;
  const records = { source: source.records, sink: sink.records };
  learn({ verification: { equal, records, rangesDiffering, exhaustive, counts, milliseconds } });
  if (!equal) throw differ(report);
}

function differ({ resource, exhaustive, counts }: VerifyReport): PipelineError {
  const { missing, extra, different } = counts;
  const least = exhaustive ? '' : 'At least ';
  return new PipelineError(
    'UNRECONCILED',
    `${least}${missing} records are missing in the sink, ${extra} are extra, ${different} differ from the source.`,
    { where: { resource }, hint: `Look at them: npm run pipeline -- verify ${resource}.` },
  );
}
