declare global {
  interface JSON {
    /** A number in JSON with exactly these digits (in Node 24; TypeScript's library does not know it yet). */
    rawJSON(text: string): unknown;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * A value as JSON text, exactly: bigints as numbers with all their digits, bytes as base64, and NaN and infinities,
 * which JSON does not know, as text.
 */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value, function replace(this: Readonly<Record<string, unknown>>, key, converted: unknown) {
    if (typeof converted === 'bigint') return JSON.rawJSON(String(converted));
    if (typeof converted === 'number' && !Number.isFinite(converted)) return String(converted);
    const original = this[key];
    return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : converted;
  });
}

/** Digits in a row that may be more than a number holds. */
const LONG_NUMBER = /\d{16}/;

/** The value of a JSON text; whole numbers beyond 2^53 are bigints, as `readValues` gives them. */
export function parseJsonText(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}
