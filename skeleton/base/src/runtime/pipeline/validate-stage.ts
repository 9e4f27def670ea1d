import { PipelineError } from '../errors/pipeline-error.ts';
import type { Batch, Rejection } from './batch.ts';
import type { Stage } from './stage.ts';
import type { ValidationFailure, Validator } from './validator.ts';

export function validateStage<T>(validator: Validator<T>): Stage<T, T> {
  return {
    kind: 'validate',
    name: validator.name,
    check: async (input) => input,
    async apply(batch) {
      const { failures, warnings = [] } = validator.validate(batch.rows());
      const [first] = failures;
      if (first === undefined) return { batch, rejections: [], warnings: warnings.length };
      if (validator.failOnError) throw failure(validator, batch, first, failures.length);
      const failed = new Map(failures.map((failure) => [failure.index, failure]));
      const rejections = [...failed.values()].map((failure) => rejection(batch, failure));
      return { batch: batch.without(new Set(failed.keys())), rejections, warnings: warnings.length };
    },
  };
}

function rejection<T>(batch: Batch<T>, { index, message, column }: ValidationFailure): Rejection {
  return {
    record: batch.rows()[index],
    rowNumber: batch.rowNumber(index),
    message,
    ...(column === undefined ? {} : { column }),
  };
}

function failure<T>(
  validator: Validator<T>,
  batch: Batch<T>,
  { index, message, column }: ValidationFailure,
  count: number,
): PipelineError {
  const row = batch.rowNumber(index);
  return new PipelineError('REJECTED', `${validator.name} refuses ${count} of ${batch.size} records: ${message}`, {
    where: {
      file: batch.identity.origin,
      batch: batch.identity.sequence,
      ...(row === undefined ? {} : { row }),
      ...(column === undefined ? {} : { column }),
    },
    hint: 'Correct the records at their source, or set failOnError = false to make them dead letters.',
  });
}
