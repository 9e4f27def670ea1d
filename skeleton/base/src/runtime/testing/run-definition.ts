import type { Row } from '../pipeline/batch.ts';
import type { FailedRecords } from '../pipeline/dead-letter-queue.ts';
import type { RunCounts } from '../pipeline/metrics.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import type { ResourceDefinition } from '../resource.ts';
import { MemoryExtractor } from './memory-extractor.ts';
import { MemoryLoader } from './memory-loader.ts';

/** What became of the records. */
export interface DefinitionRun<Output> {
  readonly written: readonly Output[];
  readonly deadLetters: readonly FailedRecords[];
  readonly counts: RunCounts;
}

/** Runs rows through a resource in memory, for tests: the real pipeline, without source and sink. */
export async function runDefinition<Input extends Row, Output>(
  definition: ResourceDefinition<Input, Output>,
  rows: readonly Input[],
): Promise<DefinitionRun<Output>> {
  const loader = new MemoryLoader<Output>();
  const deadLetters: FailedRecords[] = [];
  const pipeline = new Pipeline({
    name: definition.name,
    pipeline: 'test',
    extractor: new MemoryExtractor(rows),
    definition,
    loader,
    start: { from: undefined, firstSequence: 1 },
    schemaEvolution: 'warn',
    deadLetterBudget: { max: rows.length, share: 1, window: 1 },
    keepDeadLetters: async (failed) => {
      deadLetters.push(failed);
    },
  });
  const { counts } = await pipeline.run(new AbortController().signal);
  return { written: loader.rows, deadLetters, counts };
}
