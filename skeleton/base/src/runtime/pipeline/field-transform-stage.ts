import type { Records } from '../columns/records.ts';
import { RowCursor } from '../columns/row-cursor.ts';
import type { Stage } from './stage.ts';
import { RECORDS_AT_ONCE, transformInParts } from './transform-stage.ts';
import type { Changed, FieldTransformer } from './transformer.ts';

/** @param recordsAtOnce records whose changes are objects at a time */
export function fieldTransformStage<Input, Changes extends object>(
  transformer: FieldTransformer<Input, Changes>,
  recordsAtOnce = RECORDS_AT_ONCE,
): Stage<Input, Changed<Input, Changes>> {
  const cursors = new Map<string, RowCursor>();
  return {
    kind: 'transform',
    name: transformer.name,
    apply: (batch) =>
      transformInParts(batch, recordsAtOnce, (collected, { records }, start) => {
        collected.addChanges(changesOf(transformer, records, cursors), records, start);
      }),
  };
}

/** @param cursors by the names of the fields, to be used again: what reads them was compiled for them */
function changesOf<Input>(
  transformer: FieldTransformer<Input, object>,
  records: Records,
  cursors: Map<string, RowCursor>,
): object[] {
  const names = records.names();
  if (names === undefined) return (records.rows() as readonly Input[]).map((row) => transformer.change(row));
  const key = JSON.stringify(names);
  const cursor = cursors.get(key) ?? new RowCursor(names);
  cursors.set(key, cursor);
  const properties = names.flatMap((name) => records.property(name) ?? []);
  const changes: object[] = [];
  try {
    for (let index = 0; index < records.length; index++) {
      cursor.moveTo(properties, index);
      changes.push(transformer.change(cursor.row as Input));
    }
  } finally {
    cursor.leave();
  }
  return changes;
}
