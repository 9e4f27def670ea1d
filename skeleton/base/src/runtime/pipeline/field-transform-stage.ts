import { setImmediate } from 'node:timers/promises';
import { CollectedRows } from '../columns/collected-rows.ts';
import type { Records } from '../columns/records.ts';
import { RowCursor } from '../columns/row-cursor.ts';
import { asOutage } from '../errors/outage.ts';
import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import type { Rejection } from './batch.ts';
import type { Stage } from './stage.ts';
import { joined, RECORDS_AT_ONCE } from './transform-stage.ts';
import type { Changed, FieldTransformer } from './transformer.ts';

interface ChangedPart {
  readonly changes: readonly object[];
  /** For each of the changes the index of its record in the part. */
  readonly origins: readonly number[];
  readonly failures: ReadonlyMap<number, unknown>;
}

/** @param recordsAtOnce records whose changes are objects at a time */
export function fieldTransformStage<Input, Changes extends object>(
  transformer: FieldTransformer<Input, Changes>,
  recordsAtOnce = RECORDS_AT_ONCE,
): Stage<Input, Changed<Input, Changes>> {
  const cursors = new Map<string, RowCursor>();
  return {
    kind: 'transform',
    name: transformer.name,
    async apply(batch) {
      const collected = new CollectedRows(batch.records);
      const rejections: Rejection[] = [];
      for (let start = 0; start < batch.size; start += recordsAtOnce) {
        const part = batch.slice(start, Math.min(start + recordsAtOnce, batch.size));
        const { changes, origins, failures } = changeEach(transformer, part.records, cursors);
        collected.addChanges(changes, part.records, start, origins);
        for (const [index, error] of failures) {
          rejections.push({
            record: part.slice(index, index + 1).rows()[0],
            rowNumber: part.rowNumber(index),
            message: asPipelineError(error).message,
          });
        }
        await setImmediate();
      }
      return { batch: joined<Input, Changed<Input, Changes>>(batch, collected), rejections };
    },
  };
}

/** @param cursors by the names of the fields, to be used again: what reads them was compiled for them */
function changeEach<Input>(
  transformer: FieldTransformer<Input, object>,
  records: Records,
  cursors: Map<string, RowCursor>,
): ChangedPart {
  const changes: object[] = [];
  const origins: number[] = [];
  const failures = new Map<number, unknown>();
  forEachRow<Input>(records, cursors, (row, index) => {
    try {
      changes.push(transformer.change(row));
      origins.push(index);
    } catch (error) {
      const failure = asOutage(error) ?? error;
      if (failure instanceof PipelineError) throw failure;
      failures.set(index, failure);
    }
  });
  return { changes, origins, failures };
}

function forEachRow<Input>(
  records: Records,
  cursors: Map<string, RowCursor>,
  visit: (row: Input, index: number) => void,
): void {
  const names = records.names();
  if (names === undefined) {
    (records.rows() as readonly Input[]).forEach(visit);
    return;
  }
  const key = JSON.stringify(names);
  const cursor = cursors.get(key) ?? new RowCursor(names);
  cursors.set(key, cursor);
  const properties = names.flatMap((name) => records.property(name) ?? []);
  for (let index = 0; index < records.length; index++) {
    cursor.moveTo(properties, index);
    visit(cursor.row as Input, index);
  }
  cursor.leave();
}
