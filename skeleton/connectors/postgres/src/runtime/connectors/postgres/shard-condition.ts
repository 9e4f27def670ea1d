import type { Shard } from '../../pipeline/shard.ts';
import type { PostgresColumn } from './table-columns.ts';

/**
 * True for the records of one shard. Each record is in exactly one, NULL or not, and stays there whatever else of it
 * changes: in every run, in every version of PostgreSQL, whose own hash functions promise nothing of the kind.
 *
 * Integers go by their remainder, which costs next to nothing; all other keys by the SHA-256 of their text.
 */
export function shardCondition(
  { index, count, key }: Shard & { readonly key: readonly PostgresColumn[] },
  nameOf: (column: PostgresColumn) => string,
): string {
  const names = key.map(nameOf);
  if (key.every(({ wire, travelsAs }) => /^int[248]$/.test(wire) && travelsAs === undefined)) {
    const remainders = names.map((name) => `coalesce(abs(${name} % ${count}), 0)`);
    return `(${remainders.join(' + ')}) % ${count} = ${index}`;
  }
  const text = `concat_ws('|', ${names.map((name) => `${name}::text`).join(', ')})`;
  const hash = `substr(sha256(convert_to(${text}, 'UTF8')), 1, 4)`;
  return `('x' || encode(${hash}, 'hex'))::bit(32)::bigint % ${count} = ${index}`;
}
