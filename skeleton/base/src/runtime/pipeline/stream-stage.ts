import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import { Batch, type BatchIdentity } from './batch.ts';
import type { BatchInHand } from './extract-batches.ts';
import type { StageContext, StageOutcome, StreamStage } from './stage.ts';
import type { StreamTransformer, StreamWork } from './stream-transformer.ts';
import { checkEffect, difference, isolate } from './transform-stage.ts';

export function streamStage<Input, Output>(transformer: StreamTransformer<Input, Output>): StreamStage<Input, Output> {
  const stage: StreamStage<Input, Output> = {
    kind: 'transform',
    name: transformer.name,
    wholeStream: true,
    check: async (input) => (input === undefined ? undefined : transformer.check(input)),
    async *run(batches, context) {
      const intake = new Intake(transformer);
      try {
        for await (const inHand of batches) {
          await context.observe(inHand)(stage, () => intake.take(inHand.batch));
          context.finish(inHand);
        }
        // A run that was asked to stop has not seen the end of the stream, and so has no result.
        if (!context.signal.aborted) yield* give(stage, transformer, intake, context);
      } finally {
        await intake.close();
      }
    },
  };
  return stage;
}

/** What one run has taken of a stream. */
class Intake<Input, Output> {
  readonly #transformer: StreamTransformer<Input, Output>;
  #schema: TableSchema | undefined;
  work: StreamWork | undefined;
  last: BatchIdentity | undefined;
  taken = 0;
  largestBatch = 1;

  constructor(transformer: StreamTransformer<Input, Output>) {
    this.#transformer = transformer;
  }

  async take(batch: Batch<Input>): Promise<StageOutcome<Input>> {
    this.last = batch.identity;
    const empty = new Batch<Input>(batch.identity, {});
    if (batch.size === 0) return { batch: empty, rejections: [] };
    const columnar = batch.toColumns(this.#schema);
    const work = await this.#open(batch.identity.stream, columnar.columns().schema);
    this.largestBatch = Math.max(this.largestBatch, columnar.size);
    const isolated = await isolate(columnar, async (part) => {
      await work.take(part.columns());
      this.taken += part.size;
    });
    // What could not be read was refused when the batch was extracted.
    const unfit = columnar === batch ? [] : columnar.rejections;
    return { batch: empty, rejections: [...unfit, ...isolated] };
  }

  async close(): Promise<void> {
    await this.work?.close();
  }

  async #open(stream: string, { fields }: TableSchema): Promise<StreamWork> {
    // That the first batch has no NULL says nothing of the others.
    this.#schema ??= { fields: fields.map((field) => ({ ...field, nullable: true })) };
    this.work ??= await this.#transformer.open(stream, this.#schema);
    return this.work;
  }
}

/** The result, as batches that count on behind those that were taken and, like the last of them, end the stream. */
async function* give<Input, Output>(
  stage: StreamStage<Input, Output>,
  transformer: StreamTransformer<Input, Output>,
  { work, last, taken, largestBatch }: Intake<Input, Output>,
  context: StageContext,
): AsyncGenerator<BatchInHand<Output>> {
  if (work === undefined || last === undefined) return;
  const parts = work.give(largestBatch)[Symbol.asyncIterator]();
  let { sequence } = last;
  let made = 0;
  let done = false;
  const next = async (identity: BatchIdentity): Promise<StageOutcome<Output>> => {
    const part = await parts.next().catch((error: unknown) => {
      throw error instanceof PipelineError ? error : unworkable(transformer.name, error);
    });
    if (part.done !== true) {
      made += part.value.length;
      return { batch: new Batch<Output>(identity, { columns: part.value }), rejections: [] };
    }
    done = true;
    checkEffect(transformer, taken, made, sequence);
    return { batch: new Batch<Output>(identity, {}), rejections: [], ...difference(transformer.effect, taken, made) };
  };
  try {
    while (!context.signal.aborted) {
      sequence += 1;
      const identity = { ...last, sequence, origin: transformer.name };
      const inHand = context.begin(new Batch<Output>(identity, {}));
      const batch = await context.observe(inHand)(stage, () => next(identity));
      if (done) {
        context.finish(inHand);
        return;
      }
      yield { ...inHand, batch };
    }
  } finally {
    await parts.return?.();
  }
}

function unworkable(name: string, error: unknown): PipelineError {
  return new PipelineError('REJECTED', `${name} cannot work on the stream: ${asPipelineError(error).message}`, {
    hint: 'All records are worked on at once, so that none of them can be set aside: check them in a step before.',
    cause: error,
  });
}
