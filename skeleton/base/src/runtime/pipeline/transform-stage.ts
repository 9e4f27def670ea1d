import { setImmediate } from 'node:timers/promises';
import { CollectedRows } from '../columns/collected-rows.ts';
import { asOutage } from '../errors/outage.ts';
import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import { Batch, type Rejection } from './batch.ts';
import { bisect } from './bisect.ts';
import type { Stage, StageOutcome } from './stage.ts';
import type { ColumnTransformer, Effect, Transformer } from './transformer.ts';

/** Records that exist as objects at a time: few enough that those of one part are gone before they grow old. */
export const RECORDS_AT_ONCE = 500;

/** @param recordsAtOnce rows that are made of columns at a time; a transformer that folds records together gets the whole batch */
export function transformStage<Input, Output>(
  transformer: Transformer<Input, Output>,
  recordsAtOnce = RECORDS_AT_ONCE,
): Stage<Input, Output> {
  const { effect } = transformer;
  return {
    kind: 'transform',
    name: transformer.name,
    async apply(batch) {
      const step = effect === 'merge' || !batch.records.columnar ? batch.size : recordsAtOnce;
      let taken = 0;
      const outcome = await transformInParts<Input, Output>(batch, step, (collected, part, start) => {
        const given = part.rows();
        const made = transformer.transform(given);
        checkEffect(transformer, given.length, made.length, batch.identity.sequence);
        collected.add(made, part.records, start, effect === 'map' ? undefined : originsOf(given, made));
        taken += given.length;
      });
      return { ...outcome, ...difference(effect, taken, outcome.batch.size) };
    },
  };
}

/**
 * Has a batch transformed part by part; records that this fails on are set aside.
 *
 * @param step records of a part
 * @param work adds what becomes of a part, which begins at index `start` of the batch
 */
export async function transformInParts<Input, Output>(
  batch: Batch<Input>,
  step: number,
  work: (collected: CollectedRows, part: Batch<Input>, start: number) => void,
): Promise<StageOutcome<Output>> {
  const collected = new CollectedRows(batch.records);
  const rejections: Rejection[] = [];
  for (let start = 0; start < batch.size; start += step) {
    const whole = batch.slice(start, Math.min(start + step, batch.size));
    const failed = await isolate(whole, (part, offset) => work(collected, part, start + offset));
    rejections.push(...failed);
    await setImmediate();
  }
  return { batch: batch.transformed<Output>(collected.records(), collected.origins), rejections };
}

export function columnTransformStage<Input, Output>(
  transformer: ColumnTransformer<Input, Output>,
): Stage<Input, Output> {
  return {
    kind: 'transform',
    name: transformer.name,
    check: async (input) => (input === undefined ? undefined : transformer.check(input)),
    async apply(batch) {
      const columnar = batch.toColumns();
      const parts: Batch<Output>[] = [];
      let taken = 0;
      const isolated = await isolate(columnar, async (part) => {
        const made = await transformer.transformColumns(part.columns());
        checkEffect(transformer, part.size, made.length, batch.identity.sequence);
        const rowNumbers =
          transformer.effect === 'map' ? Array.from({ length: part.size }, (_, i) => part.rowNumber(i)) : [];
        parts.push(new Batch<Output>(batch.identity, { columns: made, rowNumbers }));
        taken += part.size;
      });
      const transformed = joinParts(batch, parts);
      // What could not be read was refused when the batch was extracted.
      const unfit = columnar === batch ? [] : columnar.rejections;
      const rejections = [...unfit, ...isolated];
      return { batch: transformed, rejections, ...difference(transformer.effect, taken, transformed.size) };
    },
  };
}

/** Parts exist only where a poison record was isolated, so that they are joined as rows. */
function joinParts<Input, Output>(batch: Batch<Input>, parts: readonly Batch<Output>[]): Batch<Output> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return new Batch<Output>(batch.identity, {
    rows: parts.flatMap((part) => part.rows()),
    rowNumbers: parts.flatMap((part) => part.rows().map((_, index) => part.rowNumber(index))),
  });
}

/** Works on a batch; records that it fails on are set aside. */
export async function isolate<T>(
  batch: Batch<T>,
  work: (part: Batch<T>, start: number) => void | Promise<void>,
): Promise<Rejection[]> {
  const failures = await bisect(
    batch.size,
    async (start, end) => {
      try {
        await work(batch.slice(start, end), start);
      } catch (error) {
        throw asOutage(error) ?? error;
      }
    },
    (error) => !(error instanceof PipelineError),
  );
  return failures.map(({ index, error }) => ({
    record: batch.slice(index, index + 1).rows()[0],
    rowNumber: batch.rowNumber(index),
    message: asPipelineError(error).message,
  }));
}

/** Records are accounted for by number, so that a transformer may change their number only as it says. */
export function checkEffect(
  transformer: { name: string; effect: Effect },
  given: number,
  made: number,
  batch: number,
): void {
  const { effect, name } = transformer;
  const allowed = effect === 'map' ? made === given : effect === 'expand' ? made >= given : made <= given;
  if (allowed) return;
  throw new PipelineError('UNRECONCILED', `${name} was given ${given} records and made ${made}.`, {
    where: { batch },
    hint:
      effect === 'map'
        ? `Declare in ${name} what it does to the number of records: effect = 'filter', 'expand' or 'merge'.`
        : `${name} says effect = '${effect}'; make it do that, or correct the effect.`,
  });
}

export function difference(effect: Effect, taken: number, made: number): Partial<StageOutcome<never>> {
  if (effect === 'filter') return { filtered: taken - made };
  if (effect === 'merge') return { merged: taken - made };
  return effect === 'expand' ? { expanded: made - taken } : {};
}

/** Which record each row was made of: known where a transformer passes objects through. */
function originsOf(given: readonly unknown[], made: readonly unknown[]): (number | undefined)[] {
  const indices = new Map(given.map((row, index) => [row, index]));
  return made.map((row) => indices.get(row));
}
