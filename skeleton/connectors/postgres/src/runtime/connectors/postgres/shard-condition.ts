import type { Shard } from '../../pipeline/shard.ts';
import type { PostgresColumn } from './table-columns.ts';

/**
 * True for the records of one shard: of so many shards, each takes one remainder of the key.
 *
 * Each record is in exactly one, NULL or not, and stays there in every run, whatever else of it changes. That holds for
 * the hash, too: of the bytes of a text PostgreSQL keeps it from version to version, because hash partitions need it.
 */
export function shardCondition(
  { index, count, key }: Shard & { readonly key: readonly PostgresColumn[] },
  nameOf: (column: PostgresColumn) => string,
): string {
  const remainders = key.map((column) => `coalesce(abs(${numberOf(column, nameOf(column))} % ${count}), 0)`);
  return `(${remainders.join(' + ')}) % ${count} = ${index}`;
}

function numberOf({ wire, travelsAs }: PostgresColumn, name: string): string {
  const isInteger = /^int[248]$/.test(wire) && travelsAs === undefined;
  return isInteger ? name : `hashtextextended(${name}::text COLLATE "C", 0)`;
}
