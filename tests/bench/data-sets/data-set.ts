/** A table that is made by arithmetic, so that it is the same everywhere. */
export interface DataSet {
  readonly name: string;
  readonly description: string;
  /** SELECT list over `n`, the number of a row from 1 on. */
  readonly columns: readonly string[];
}

/** Digits and letters that look random: 32 for each number, always the same. */
export function hexadecimal(number: string): string {
  return `md5((${number})::text)`;
}

/** The statement that makes a table of `rows` rows. */
export function createTable(dataSet: DataSet, table: string, rows: number): string {
  return `CREATE TABLE ${table} AS SELECT ${dataSet.columns.join(', ')} FROM generate_series(1::bigint, ${rows}) AS n`;
}
