import type { LogicalType } from '../../schema/table-schema.ts';

/** How a value lies in PostgreSQL's binary COPY format. */
export type Wire =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'text'
  | 'jsonb'
  | 'uuid'
  | 'bytea'
  | 'date'
  | 'time'
  | 'timestamp';

/** Bytes of the values of the formats that always take the same. */
export const FIXED_SIZES: Readonly<Partial<Record<Wire, number>>> = {
  bool: 1,
  int2: 2,
  int4: 4,
  int8: 8,
  float4: 4,
  float8: 8,
  uuid: 16,
  date: 4,
  time: 8,
  timestamp: 8,
};

/** What a PostgreSQL type is for this runtime. */
export interface TypeMapping {
  readonly type: LogicalType;
  readonly wire: Wire;
  /** Types without a wire format of their own travel as this one and are cast by the server. */
  readonly travelsAs?: 'text' | 'jsonb' | 'bigint' | 'numeric';
}

/** A type as the catalogue describes it, domains already resolved. */
export interface CatalogType {
  readonly name: string;
  /** Of the catalogue itself, and not of an extension or a user. */
  readonly builtIn: boolean;
  /** `b` base, `c` composite, `e` enum, `r` range, `m` multirange. */
  readonly kind: string;
  /** `A`: array. */
  readonly category: string;
  /** Length, precision and scale, as the catalogue packs them; -1: none. */
  readonly modifier: number;
}

const BUILT_IN: Readonly<Record<string, TypeMapping>> = {
  bool: { type: { kind: 'boolean' }, wire: 'bool' },
  int2: { type: { kind: 'int16' }, wire: 'int2' },
  int4: { type: { kind: 'int32' }, wire: 'int4' },
  int8: { type: { kind: 'int64' }, wire: 'int8' },
  oid: { type: { kind: 'int64' }, wire: 'int8', travelsAs: 'bigint' },
  // Its text depends on lc_monetary, which the two servers need not share.
  money: { type: { kind: 'decimal' }, wire: 'numeric', travelsAs: 'numeric' },
  float4: { type: { kind: 'float32' }, wire: 'float4' },
  float8: { type: { kind: 'float64' }, wire: 'float8' },
  text: { type: { kind: 'string' }, wire: 'text' },
  varchar: { type: { kind: 'string' }, wire: 'text' },
  bpchar: { type: { kind: 'string' }, wire: 'text' },
  name: { type: { kind: 'string' }, wire: 'text' },
  json: { type: { kind: 'json' }, wire: 'text' },
  jsonb: { type: { kind: 'json' }, wire: 'jsonb' },
  uuid: { type: { kind: 'uuid' }, wire: 'uuid' },
  bytea: { type: { kind: 'binary' }, wire: 'bytea' },
  date: { type: { kind: 'date' }, wire: 'date' },
  time: { type: { kind: 'time' }, wire: 'time' },
  timestamp: { type: { kind: 'timestamp', zone: false }, wire: 'timestamp' },
  timestamptz: { type: { kind: 'timestamp', zone: true }, wire: 'timestamp' },
};

const TEXT: TypeMapping = { type: { kind: 'string' }, wire: 'text' };
const CAST_TO_TEXT: TypeMapping = { ...TEXT, travelsAs: 'text' };
const CAST_TO_JSON: TypeMapping = { type: { kind: 'json' }, wire: 'jsonb', travelsAs: 'jsonb' };

export function mapType({ name, builtIn, kind, category, modifier }: CatalogType): TypeMapping {
  if (builtIn && name === 'numeric') return { type: decimalType(modifier), wire: 'numeric' };
  const mapping = builtIn && kind === 'b' && Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (mapping !== undefined) return mapping;
  if (kind === 'e' || name === 'citext') return TEXT;
  if (category === 'A' || kind === 'c') return CAST_TO_JSON;
  return CAST_TO_TEXT;
}

/** `numeric(12,2)`; a scale below 0 or above the precision (PostgreSQL 15) has no counterpart and counts as unbounded. */
function decimalType(modifier: number): LogicalType {
  if (modifier < 4) return { kind: 'decimal' };
  const precision = (modifier - 4) >> 16;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  return scale < 0 || scale > precision ? { kind: 'decimal' } : { kind: 'decimal', precision, scale };
}

const LARGEST_PRECISION = 1000;

/** The column type that `prepare` and `evolve` create. */
export function sqlType(type: LogicalType): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'int16':
      return 'smallint';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'float32':
      return 'real';
    case 'float64':
      return 'double precision';
    case 'decimal': {
      const { precision, scale = 0 } = type;
      return precision === undefined || precision > LARGEST_PRECISION ? 'numeric' : `numeric(${precision},${scale})`;
    }
    case 'string':
      return 'text';
    case 'json':
      return 'jsonb';
    case 'uuid':
      return 'uuid';
    case 'binary':
      return 'bytea';
    case 'date':
      return 'date';
    case 'time':
      return 'time';
    case 'timestamp':
      return type.zone ? 'timestamp with time zone' : 'timestamp without time zone';
  }
}
