import { parseDate, parseTimestamp } from '../../../columns/timestamps.ts';
import type { LogicalType } from '../../../schema/table-schema.ts';

const INTEGER = /^-?(?:0|[1-9]\d{0,17})$/;
const DECIMAL = /^-?(0|[1-9]\d*)\.(\d+)$/;
const FLOAT = /^-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;
const OFFSET = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/** Decimals keep nine digits in front of the point, whatever the sample shows. */
const MAX_SCALE = 9;
const MAX_DIGITS = 18;

type Kind = 'boolean' | 'integer' | 'decimal' | 'float' | 'date' | 'timestamp' | 'instant' | 'string';

/**
 * The narrowest type that holds all of the texts; `undefined` when there are none.
 *
 * `true` and `false` are boolean, whole numbers int64, numbers with a point decimal(18, places), and float64 where
 * they have more places or an exponent. A leading zero or plus sign makes a string: it is a code, not a number.
 * Dates and timestamps are those of ISO 8601.
 */
export function inferTextType(texts: Iterable<string>): LogicalType | undefined {
  const kinds = new Set<Kind>();
  let whole = 0;
  let scale = 0;
  for (const text of texts) {
    const kind = kindOf(text);
    if (kind === 'string') return { kind };
    kinds.add(kind);
    const [, digits = '', places = ''] = DECIMAL.exec(text) ?? (INTEGER.test(text) ? ['', text.replace('-', '')] : []);
    whole = Math.max(whole, digits.length);
    scale = Math.max(scale, places.length);
  }
  if (kinds.size === 0) return undefined;
  if (isOneOf(kinds, ['boolean'])) return { kind: 'boolean' };
  if (isOneOf(kinds, ['integer'])) return { kind: 'int64' };
  if (isOneOf(kinds, ['integer', 'decimal']) && scale <= MAX_SCALE && whole + scale <= MAX_DIGITS) {
    return { kind: 'decimal', precision: MAX_DIGITS, scale };
  }
  if (isOneOf(kinds, ['integer', 'decimal', 'float'])) return { kind: 'float64' };
  if (isOneOf(kinds, ['date'])) return { kind: 'date' };
  if (isOneOf(kinds, ['instant'])) return { kind: 'timestamp', zone: true };
  if (isOneOf(kinds, ['date', 'timestamp'])) return { kind: 'timestamp', zone: false };
  return { kind: 'string' };
}

function isOneOf(kinds: ReadonlySet<Kind>, allowed: readonly Kind[]): boolean {
  return [...kinds].every((kind) => allowed.includes(kind));
}

function kindOf(text: string): Kind {
  if (/^(?:true|false)$/i.test(text)) return 'boolean';
  if (INTEGER.test(text)) return 'integer';
  if (DECIMAL.test(text)) return 'decimal';
  if (FLOAT.test(text)) return 'float';
  if (DATE.test(text) && parseDate(text) !== undefined) return 'date';
  if (TIMESTAMP.test(text) && parseTimestamp(text) !== undefined)
    return OFFSET.test(text.slice(10)) ? 'instant' : 'timestamp';
  return 'string';
}
