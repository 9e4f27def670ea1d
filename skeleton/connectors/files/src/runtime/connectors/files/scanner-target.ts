import { type Storage, storageOf } from '../../columns/column.ts';
import type { Field, LogicalType } from '../../schema/table-schema.ts';

/**
 * Pieces of the source of a scanner, which is written for the columns of a file. In it, `b` are the bytes from `start`
 * up to `end`, `p` is the position in them and `n` the number of the record; `break record` leaves the record to others.
 */

/** A column that values are written to. */
export interface Target {
  readonly type: LogicalType;
  readonly storage: Storage;
  readonly nullable: boolean;
  /** Number of the column; its arrays are bound to names that end in it. */
  readonly id: number;
}

export function targetOf({ type, nullable }: Field, id: number): Target {
  return { type, storage: storageOf(type), nullable, id };
}

/** Binds the arrays of a column. The arena of one of strings has room for all bytes in view, and for a character more. */
function bind({ type, storage, nullable, id }: Target): string {
  const column = `const column${id} = columns.columns[${id}];`;
  const valid = nullable ? `const valid${id} = column${id}.valid;` : '';
  if (storage !== 'bytes') return `${column} ${valid} const values${id} = column${id}.values;`;
  const offsets = `const offsets${id} = column${id}.offsets;`;
  if (type.kind !== 'string') return `${column} ${valid} ${offsets}`;
  return `${column} ${valid} ${offsets} let end${id} = offsets${id}[n];
    const arena${id} = reserveBytes(column${id}, end${id} + end - start + 4);`;
}

interface ScannerParts {
  /** Names of what the record needs of the `tools` that the source is given. */
  readonly tools: readonly string[];
  /** Declarations of the record's own variables, besides `n`, `p`, `c` and `v`. */
  readonly variables: string;
  readonly targets: readonly Target[];
  /** Reads the record at `p`, and leaves `p` behind it. */
  readonly record: string;
}

/** The source of a scanner: record after record, up to the first that is left to others. */
export function scannerOf({ tools, variables, targets, record }: ScannerParts): string {
  return `
    const { ${tools.join(', ')} } = tools;
    return (columns, b, start, { end, stop, capacity }) => {
      let n = columns.length, p = start, c = 0, v = 0, ${variables};
      ${targets.map(bind).join('\n')}
      records: while (p < stop && n < capacity) {
        const first = p;
        record: {
          ${record}
          n++;
          continue records;
        }
        p = first;
        break;
      }
      columns.length = n;
      return p;
    };`;
}

export function writeNull({ storage, nullable, id }: Target): string {
  if (!nullable) return 'break record;';
  const empty = {
    int32: `values${id}[n] = 0;`,
    float64: `values${id}[n] = 0;`,
    int64: `values${id}[2 * n] = 0; values${id}[2 * n + 1] = 0;`,
    bytes: `offsets${id}[n + 1] = offsets${id}[n];`,
  };
  return `valid${id}[n] = 0; ${empty[storage]}`;
}

/** Stores the number `v`. */
export function store({ storage, id }: Target): string {
  if (storage !== 'int64') return `values${id}[n] = v;`;
  return `if (v <= 2147483647 && v >= -2147483648) { values${id}[2 * n] = v; values${id}[2 * n + 1] = v < 0 ? -1 : 0; }
    else { values${id}[2 * n] = v | 0; values${id}[2 * n + 1] = Math.floor(v / 4294967296); }`;
}

/** Reads digits into `v`, on behind those that were read; `c` is the byte behind them. */
export const READ_DIGITS = 'while ((c = b[p]) >= 48 && c <= 57) { v = v * 10 + c - 48; p++; }';
export const SIGN = 'if (negative) v = -v;';
