import { redact } from '../config/secrets.ts';

/** Largest record that is kept whole, in bytes of JSON: 1 MiB. */
export const LARGEST_RECORD = 1_048_576;

/** Why a kept record is not the record that failed, so that it cannot be replayed; `bytes` is the size of the whole. */
export type Incomplete = { readonly reason: 'truncated'; readonly bytes: number } | { readonly reason: 'redacted' };

export interface KeptRecord {
  readonly record: unknown;
  readonly incomplete?: Incomplete;
}

/** A record as JSON text, secrets included: for comparing, not for keeping. */
export function describeRecord(record: unknown): string {
  return toJson(record, (text) => text);
}

/**
 * A record as JSON that `reviveRecord` turns back. What JSON lacks is an object of one property: `{"$bigint": "1"}`,
 * `{"$date": …}` in ISO 8601, `{"$bytes": …}` in base64, `{"$number": "NaN"}`. Secrets are hidden, and of a record
 * that is too large the start is kept.
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

/** A kept record as the pipeline had it, when it is not `incomplete`. */
export function reviveRecord(record: unknown): unknown {
  if (Array.isArray(record)) return record.map(reviveRecord);
  if (typeof record !== 'object' || record === null) return record;
  const entries = Object.entries(record);
  const [only] = entries;
  if (only !== undefined && entries.length === 1) {
    const [tag, value] = only;
    if (tag === '$object') return reviveProperties(value);
    if (typeof value === 'string') {
      if (tag === '$bigint') return BigInt(value);
      if (tag === '$date') return new Date(value);
      if (tag === '$bytes') return Buffer.from(value, 'base64');
      if (tag === '$number') return Number(value);
    }
  }
  return reviveProperties(record);
}

function reviveProperties(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, reviveRecord(value)]));
}

function toJson(record: unknown, onText: (text: string) => string): string {
  return JSON.stringify(toPlain(record, onText, [])) ?? 'null';
}

function toPlain(value: unknown, onText: (text: string) => string, ancestors: readonly object[]): unknown {
  if (typeof value === 'string') return onText(value);
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value === 'number') return toPlainNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (ancestors.includes(value)) return '(circular)';
  const path = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item) => toPlain(item, onText, path));
  const entries = Object.entries(value).map(([name, item]) => [name, toPlain(item, onText, path)]);
  const plain: unknown = Object.fromEntries(entries);
  const looksTagged = entries.length === 1 && String(entries[0]?.[0]).startsWith('$');
  return looksTagged ? { $object: plain } : plain;
}

function toPlainNumber(value: number): unknown {
  if (Object.is(value, -0)) return { $number: '-0' };
  return Number.isFinite(value) ? value : { $number: String(value) };
}
