/**
 * How long a server asks to wait, in milliseconds: `Retry-After` is a number of seconds or an HTTP date.
 * `undefined` without the header, or when it is neither.
 */
export function parseRetryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
