import type { TableSchema } from '../../../schema/table-schema.ts';
import type { CsvDialect } from './csv-dialect.ts';

/** How the fields of a file become columns. */
export interface CsvLayout {
  readonly dialect: CsvDialect;
  /** Names of the file's fields. */
  readonly names: readonly string[];
  readonly schema: TableSchema;
  /** The field of each column of the schema, -1 where the file has none. */
  readonly fields: readonly number[];
}
