import { redact } from '../config/secrets.ts';

/** Largest record that is kept whole, in bytes of JSON: 1 MiB. */
export const LARGEST_RECORD = 1_048_576;

/** Why a kept record is not the record that failed; it cannot be replayed. */
export type Incomplete =
  | { readonly reason: 'truncated' /** Size of the whole record. */; readonly bytes: number }
  | { readonly reason: 'redacted' };

export interface KeptRecord {
  readonly record: unknown;
  readonly incomplete?: Incomplete;
}

/** A record as JSON text, secrets included: for comparing, not for keeping. */
export function describeRecord(record: unknown): string {
  return toJson(record, (text) => text);
}

/**
 * A record as plain JSON: a bigint becomes its digits, bytes `{"base64": …}`, a Date ISO 8601, a number that JSON
 * lacks (NaN, Infinity) its name. Secrets are hidden, and of a record that is too large the start is kept.
 */
export function keepRecord(record: unknown): KeptRecord {
  const json = toJson(record, redact);
  const bytes = Buffer.byteLength(json);
  if (bytes > LARGEST_RECORD) {
    const text = typeof record === 'string' ? redact(record) : json;
    return { record: text.slice(0, LARGEST_RECORD).toWellFormed(), incomplete: { reason: 'truncated', bytes } };
  }
  const redacted = json !== describeRecord(record);
  return { record: JSON.parse(json), ...(redacted && { incomplete: { reason: 'redacted' } }) };
}

/** A kept record as the pipeline had it: bytes are bytes again; everything else is what a file would deliver. */
export function reviveRecord(record: unknown): unknown {
  if (Array.isArray(record)) return record.map(reviveRecord);
  if (typeof record !== 'object' || record === null) return record;
  const entries = Object.entries(record);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'base64' && typeof first[1] === 'string') {
    return Buffer.from(first[1], 'base64');
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, reviveRecord(value)]));
}

function toJson(record: unknown, onText: (text: string) => string): string {
  return JSON.stringify(toPlain(record, onText, [])) ?? 'null';
}

function toPlain(value: unknown, onText: (text: string) => string, ancestors: readonly object[]): unknown {
  if (typeof value === 'string') return onText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (ancestors.includes(value)) return '(circular)';
  const path = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item) => toPlain(item, onText, path));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toPlain(item, onText, path)]));
}
