import type { Columns } from '../columns/columns.ts';
import { rowsFromColumns } from '../columns/rows.ts';
import type { Row } from '../pipeline/batch.ts';
import { fieldNames } from '../schema/table-schema.ts';
import { RecordEncoder } from './canonical-record.ts';
import type { Comparison } from './comparable.ts';

/** A record that is kept to be compared. */
export class KeptRecord {
  readonly #columns: Columns;
  readonly #index: number;
  /** The canonical bytes of its key and of all of it, as text. */
  readonly key: string;
  readonly content: string;

  constructor(columns: Columns, index: number, key: string, content: string) {
    this.#columns = columns;
    this.#index = index;
    this.key = key;
    this.content = content;
  }

  /** Its values of these columns. */
  row(names: readonly string[]): Row {
    const columns = this.#columns.select(names).slice(this.#index, this.#index + 1);
    return rowsFromColumns<Row>(columns)[0] ?? {};
  }

  /** The columns whose values are not those of the other one. */
  differingColumns(other: KeptRecord): string[] {
    return fieldNames(this.#columns.schema).filter((name) => this.#canonical(name) !== other.#canonical(name));
  }

  #canonical(name: string): string {
    return new RecordEncoder([name]).forColumns(this.#columns)(this.#index).toString('latin1');
  }
}

/** Records by their canonical keys; several may have the same. */
export type RecordsByKey = ReadonlyMap<string, readonly KeptRecord[]>;

export async function gatherByKey(
  parts: AsyncIterable<Columns>,
  { schema, key }: Comparison,
): Promise<Map<string, KeptRecord[]>> {
  const records = new RecordEncoder(fieldNames(schema));
  const keys = new RecordEncoder(key.length === 0 ? fieldNames(schema) : key);
  const gathered = new Map<string, KeptRecord[]>();
  for await (const columns of parts) {
    const contentOf = records.forColumns(columns);
    const keyOf = keys.forColumns(columns);
    for (let index = 0; index < columns.length; index++) {
      const key = keyOf(index).toString('latin1');
      const record = new KeptRecord(columns, index, key, contentOf(index).toString('latin1'));
      const others = gathered.get(key);
      if (others === undefined) gathered.set(key, [record]);
      else others.push(record);
    }
  }
  return gathered;
}
