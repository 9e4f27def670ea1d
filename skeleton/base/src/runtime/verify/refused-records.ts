import { columnsFromRows } from '../columns/rows.ts';
import type { DeadLetterStore } from '../dead-letters/dead-letter-store.ts';
import { reviveRecord } from '../dead-letters/record.ts';
import { fieldNames } from '../schema/table-schema.ts';
import { RecordEncoder } from './canonical-record.ts';
import type { Comparison } from './comparable.ts';

/**
 * The canonical keys of the records that the sink refused and that nobody has replayed. What a stage refuses is not
 * among them: it is refused again while the source is read.
 */
export async function refusedKeys(
  letters: DeadLetterStore,
  resource: string,
  comparison: Comparison,
): Promise<Set<string>> {
  const { schema, key } = comparison;
  const names = key.length === 0 ? fieldNames(schema) : key;
  const fields = schema.fields.filter(({ name }) => names.includes(name));
  const encoder = new RecordEncoder(names);
  const keys = new Set<string>();
  for await (const letter of letters.list({ resource, stage: 'load', replayed: false })) {
    const record = reviveRecord(letter.record);
    if (typeof record !== 'object' || record === null) continue;
    const { columns } = columnsFromRows({ fields }, [{ ...record }]);
    if (columns.length === 1) keys.add(encoder.forColumns(columns)(0).toString('latin1'));
  }
  return keys;
}
