import type { Batch, Rejection } from './batch.ts';

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
}

/** Told of each stage as it is done with a batch. */
export type ObserveStage = <T>(
  stage: { readonly kind: StageName; readonly name: string },
  work: () => Promise<StageOutcome<T>>,
) => Promise<Batch<T>>;

type Apply<Input, Output> = (batch: Batch<Input>, observe: ObserveStage, enterAt: number) => Promise<Batch<Output>>;

/** The stages of a resource in order; each one takes what the one before gives, or it does not compile. */
export class Stages<Input, Output> {
  readonly list: readonly { readonly kind: StageName; readonly name: string }[];
  readonly #apply: Apply<Input, Output>;

  private constructor(list: Stages<Input, Output>['list'], apply: Apply<Input, Output>) {
    this.list = list;
    this.#apply = apply;
  }

  static none<T>(): Stages<T, T> {
    return new Stages<T, T>([], async (batch) => batch);
  }

  followedBy<Next>(stage: Stage<Output, Next>): Stages<Input, Next> {
    const index = this.list.length;
    return new Stages<Input, Next>([...this.list, stage], async (batch, observe, enterAt) => {
      const input = await this.#apply(batch, observe, enterAt);
      // A replayed record was recorded where it enters, so that it has the type that the skipped stages give.
      if (index < enterAt) return input as Batch<unknown> as Batch<Next>;
      return observe(stage, () => stage.apply(input));
    });
  }

  /** @param enterAt index of the first stage to apply; those before it are skipped */
  apply(batch: Batch<Input>, observe: ObserveStage, enterAt = 0): Promise<Batch<Output>> {
    return this.#apply(batch, observe, enterAt);
  }
}
