import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import { Batch, type Rejection } from './batch.ts';
import { bisect } from './bisect.ts';
import type { Stage, StageOutcome } from './stage.ts';
import type { ColumnTransformer, Effect, Transformer } from './transformer.ts';

export function transformStage<Input, Output>(transformer: Transformer<Input, Output>): Stage<Input, Output> {
  return {
    kind: 'transform',
    name: transformer.name,
    async apply(batch) {
      const rows: Output[] = [];
      const rowNumbers: (number | undefined)[] = [];
      let taken = 0;
      const rejections = await isolate(batch, (part) => {
        const given = part.rows();
        const made = transformer.transform(given);
        checkEffect(transformer, given.length, made.length, batch.identity.sequence);
        for (const row of made) rows.push(row);
        for (const number of keptRowNumbers(transformer.effect, part, made)) rowNumbers.push(number);
        taken += given.length;
      });
      const transformed = new Batch<Output>(batch.identity, { rows, rowNumbers });
      return { batch: transformed, rejections, ...difference(transformer.effect, taken, rows.length) };
    },
  };
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
  work: (part: Batch<T>) => void | Promise<void>,
): Promise<Rejection[]> {
  const failures = await bisect(
    batch.size,
    (start, end) => work(batch.slice(start, end)),
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

/** Source row numbers of what a transformer made: known where it makes one for one, or passes objects through. */
function keptRowNumbers<Input, Output>(
  effect: Effect,
  part: Batch<Input>,
  made: readonly Output[],
): (number | undefined)[] {
  if (effect === 'map') return made.map((_, index) => part.rowNumber(index));
  const numbers = new Map<unknown, number | undefined>(part.rows().map((row, index) => [row, part.rowNumber(index)]));
  return made.map((row) => numbers.get(row));
}
