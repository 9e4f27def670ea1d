import { PipelineError } from '../../errors/pipeline-error.ts';
import type { LogicalType } from '../../schema/table-schema.ts';
import { type DuckDBType, duckdb } from './duckdb.ts';

/** Digits of the largest decimal that DuckDB has. */
export const DECIMAL_DIGITS = 38;

/** The type in which a column goes to DuckDB. */
export function toDuckDBType(type: LogicalType): DuckDBType {
  switch (type.kind) {
    case 'boolean':
      return duckdb.BOOLEAN;
    case 'int16':
      return duckdb.SMALLINT;
    case 'int32':
      return duckdb.INTEGER;
    case 'int64':
      return duckdb.BIGINT;
    case 'float32':
      return duckdb.FLOAT;
    case 'float64':
      return duckdb.DOUBLE;
    case 'decimal':
      return isAnySize(type) ? duckdb.VARCHAR : duckdb.DECIMAL(type.precision ?? DECIMAL_DIGITS, type.scale ?? 0);
    case 'string':
      return duckdb.VARCHAR;
    case 'json':
      return duckdb.DuckDBVarCharType.create('JSON');
    case 'uuid':
      return duckdb.UUID;
    case 'binary':
      return duckdb.BLOB;
    case 'date':
      return duckdb.DATE;
    case 'time':
      return duckdb.TIME;
    case 'timestamp':
      return type.zone ? duckdb.TIMESTAMPTZ : duckdb.TIMESTAMP;
  }
}

/** Whether a type is a decimal that DuckDB has no number for, so that it goes as text. */
export function isAnySize(type: LogicalType): boolean {
  return type.kind === 'decimal' && (type.precision === undefined || type.precision > DECIMAL_DIGITS);
}

/**
 * The column type of what comes back from DuckDB.
 *
 * @param before type of the column of that name that went to DuckDB: text stays a decimal of any size
 * @throws PipelineError `CONFIGURATION` for a type that no column has
 */
export function fromDuckDBType(name: string, type: DuckDBType, before: LogicalType | undefined): LogicalType {
  const { DuckDBTypeId: ids } = duckdb;
  switch (type.typeId) {
    case ids.BOOLEAN:
      return { kind: 'boolean' };
    case ids.TINYINT:
    case ids.UTINYINT:
    case ids.SMALLINT:
      return { kind: 'int16' };
    case ids.USMALLINT:
    case ids.INTEGER:
      return { kind: 'int32' };
    case ids.UINTEGER:
    case ids.BIGINT:
      return { kind: 'int64' };
    case ids.UBIGINT:
      return { kind: 'decimal', precision: 20, scale: 0 };
    case ids.HUGEINT:
    case ids.UHUGEINT:
      return { kind: 'decimal', precision: DECIMAL_DIGITS, scale: 0 };
    case ids.DECIMAL:
      return { kind: 'decimal', precision: type.width, scale: type.scale };
    case ids.FLOAT:
      return { kind: 'float32' };
    case ids.DOUBLE:
      return { kind: 'float64' };
    case ids.VARCHAR:
      if (type.alias === 'JSON') return { kind: 'json' };
      return before !== undefined && isAnySize(before) ? before : { kind: 'string' };
    case ids.UUID:
      return { kind: 'uuid' };
    case ids.BLOB:
      return { kind: 'binary' };
    case ids.DATE:
      return { kind: 'date' };
    case ids.TIME:
    case ids.TIME_NS:
      return { kind: 'time' };
    case ids.TIMESTAMP:
    case ids.TIMESTAMP_S:
    case ids.TIMESTAMP_MS:
    case ids.TIMESTAMP_NS:
      return { kind: 'timestamp', zone: false };
    case ids.TIMESTAMP_TZ:
      return { kind: 'timestamp', zone: true };
    default:
      throw withoutColumnType(name, type);
  }
}

function withoutColumnType(name: string, type: DuckDBType): PipelineError {
  const { DuckDBTypeId: ids } = duckdb;
  const nested: readonly number[] = [ids.LIST, ids.ARRAY, ids.STRUCT, ids.MAP, ids.UNION, ids.VARIANT];
  return new PipelineError(
    'CONFIGURATION',
    `Column ${name} comes back from DuckDB as ${type}, which no column can hold.`,
    {
      where: { column: name },
      hint: nested.includes(type.typeId)
        ? `Make it JSON in the statement, to_json(${name}) AS ${name}, or leave it out.`
        : `Cast it in the statement, ${name}::VARCHAR for example, or leave it out.`,
    },
  );
}
