import { ValueError } from '../../../columns/write-values.ts';

/** Deeper nesting is refused: other programs, and this one, overflow their stacks on it. */
export const DEEPEST = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether the JSON text has more than `DEEPEST` brackets inside of each other. */
export function isTooDeep(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 * DEEPEST) return false;
  let depth = 0;
  let quoted = false;
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (byte === BACKSLASH && quoted) position++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (quoted) continue;
    else if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Whether a JSON text may have half of a surrogate pair as an escape, which is no character. */
export function mayHoldHalfSurrogate(text: string): boolean {
  return /\\u[dD][89a-fA-F]/.test(text);
}

/** Whether all strings in a value, keys too, are made of characters. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}

/** The texts of an object's numbers, by their keys. */
export type NumberSources = ReadonlyMap<string, string>;

const NO_SOURCES: NumberSources = new Map();
/** What there is in any text whose numbers JavaScript cannot hold. */
const MAY_BE_ROUNDED = /\d[\d.]{15}|\d[eE]\+?\d{2}/;

/**
 * The value of a JSON text; whole numbers beyond 2^53 are bigints. With it, where numbers might be rounded, how those
 * are written that an object holds directly.
 *
 * @throws SyntaxError, ValueError when a number is beyond what float64 holds
 */
export function parseJson(text: string): { readonly value: unknown; readonly sources: NumberSources } {
  if (!MAY_BE_ROUNDED.test(text)) return { value: JSON.parse(text), sources: NO_SOURCES };
  const byHolder = new Map<unknown, Map<string, string>>();
  const value = JSON.parse(text, function remember(this: unknown, key, part: unknown, { source }) {
    if (typeof part !== 'number' || source === undefined) return part;
    const sources = byHolder.get(this) ?? new Map<string, string>();
    byHolder.set(this, sources.set(key, source));
    return exactNumber(part, source);
  });
  return { value, sources: byHolder.get(value) ?? NO_SOURCES };
}

/** Numbers of more digits are no numbers of any system; PostgreSQL's go so far. */
const MOST_DIGITS = 131_072;

/** A number as JavaScript holds it, whole numbers with all their digits. @throws ValueError when it cannot */
export function exactNumber(value: number, source: string): number | bigint {
  if (source.length > MOST_DIGITS) throw new ValueError(`has a number of more than ${MOST_DIGITS} digits`);
  if (Number.isSafeInteger(value)) return value;
  if (/^-?\d+$/.test(source)) return BigInt(source);
  if (Number.isFinite(value)) return value;
  throw new ValueError(`has the number ${source.slice(0, 60)}, which is beyond what a float64 holds`);
}
