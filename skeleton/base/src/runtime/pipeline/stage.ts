import { setImmediate } from 'node:timers/promises';
import type { TableSchema } from '../schema/table-schema.ts';
import type { Batch, Rejection } from './batch.ts';
import type { BatchInHand } from './extract-batches.ts';

/** Where a record can fail; names the spans and the dead letters. */
export type StageName = 'extract' | 'contract' | 'transform' | 'validate' | 'load';

export interface StageOutcome<T> {
  readonly batch: Batch<T>;
  /** Records that leave the batch as dead letters. */
  readonly rejections: readonly Rejection[];
  readonly filtered?: number;
  readonly expanded?: number;
  readonly merged?: number;
  readonly warnings?: number;
}

/** One step between extractor and loader. */
export interface Stage<Input, Output> {
  readonly kind: Exclude<StageName, 'extract' | 'load'>;
  readonly name: string;
  apply(batch: Batch<Input>): Promise<StageOutcome<Output>>;
  /**
   * Looks before a record moves whether the stage can do its work.
   *
   * @param input the columns that it will be given, as far as they are known
   * @returns the columns that it will give, as far as they are known
   */
  check?(input: TableSchema | undefined): Promise<TableSchema | undefined>;
}

/** A step that needs all batches of a run before it can give the first of its own. */
export interface StreamStage<Input, Output> extends Omit<Stage<Input, Output>, 'apply'> {
  readonly wholeStream: true;
  run(batches: AsyncIterable<BatchInHand<Input>>, context: StageContext): AsyncGenerator<BatchInHand<Output>>;
}

/** Told of each stage as it is done with a batch. */
export type ObserveStage = <T>(
  stage: { readonly kind: StageName; readonly name: string },
  work: () => Promise<StageOutcome<T>>,
) => Promise<Batch<T>>;

/** What the pipeline does around its stages. */
export interface StageContext {
  /** Index of the first stage to apply; those before it are skipped. */
  readonly enterAt: number;
  /** Aborted when the run is asked to stop: the batches end before the stream does. */
  readonly signal: AbortSignal;
  /** How to tell what a stage does to a batch. */
  observe(inHand: BatchInHand<unknown>): ObserveStage;
  /** Puts a batch in hand that a stage made of others. */
  begin<T>(batch: Batch<T>): BatchInHand<T>;
  /** Lets go of a batch whose records a stage has taken up. */
  finish(inHand: BatchInHand<unknown>): void;
}

type Run<Input, Output> = (
  batches: AsyncGenerator<BatchInHand<Input>>,
  context: StageContext,
) => AsyncGenerator<BatchInHand<Output>>;

interface Listed extends Pick<Stage<never, unknown>, 'kind' | 'name' | 'check'> {
  readonly wholeStream?: true;
}

/** The stages of a resource in order; each one takes what the one before gives, or it does not compile. */
export class Stages<Input, Output> {
  readonly list: readonly Listed[];
  readonly #run: Run<Input, Output>;

  private constructor(list: readonly Listed[], run: Run<Input, Output>) {
    this.list = list;
    this.#run = run;
  }

  static none<T>(): Stages<T, T> {
    return new Stages<T, T>([], (batches) => batches);
  }

  followedBy<Next>(stage: Stage<Output, Next>): Stages<Input, Next> {
    return this.#with(stage, (batches, context) => applyToEach(stage, batches, context));
  }

  /** With a step that works on the whole stream. */
  followedByStream<Next>(stage: StreamStage<Output, Next>): Stages<Input, Next> {
    return this.#with(stage, (batches, context) => stage.run(batches, context));
  }

  run(batches: AsyncGenerator<BatchInHand<Input>>, context: StageContext): AsyncGenerator<BatchInHand<Output>> {
    return this.#run(batches, context);
  }

  /** @throws PipelineError of the first stage that cannot do its work on such columns */
  async check(input: TableSchema | undefined): Promise<void> {
    let columns = input;
    for (const stage of this.list) columns = await stage.check?.(columns?.fields.length === 0 ? undefined : columns);
  }

  #with<Next>(stage: Listed, run: Run<Output, Next>): Stages<Input, Next> {
    const index = this.list.length;
    return new Stages<Input, Next>([...this.list, stage], (batches, context) => {
      const input = this.#run(batches, context);
      // A replayed record was recorded where it enters, so that it has the type that the skipped stages give.
      if (index < context.enterAt) return input as AsyncGenerator<unknown> as AsyncGenerator<BatchInHand<Next>>;
      return run(input, context);
    });
  }
}

async function* applyToEach<Input, Output>(
  stage: Stage<Input, Output>,
  batches: AsyncGenerator<BatchInHand<Input>>,
  context: StageContext,
): AsyncGenerator<BatchInHand<Output>> {
  for await (const inHand of batches) {
    const observe = context.observe(inHand);
    const batch = await observe(stage, () => stage.apply(inHand.batch));
    // What comes next is another part of the work: heartbeats and signals have their turn first.
    await setImmediate();
    yield { ...inHand, batch };
  }
}
