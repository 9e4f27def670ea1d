import { normalizeDecimal } from '../columns/decimals.ts';

/** A number in the text of a JSON document, with the digits that it has there. */
class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A JSON document as PostgreSQL's jsonb writes it: properties by the length of their names and then by their bytes, the
 * last of equal names, a blank behind colons and commas, numbers with all their digits and without exponent.
 */
export function canonicalJson(text: string): string {
  const value: unknown = JSON.parse(text, (_, part: unknown, { source }) =>
    typeof part === 'number' ? new JsonNumber(source ?? String(part)) : part,
  );
  return format(value);
}

function format(value: unknown): string {
  if (value instanceof JsonNumber) return formatNumber(value.text);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).map(([name, part]) => ({ name, bytes: Buffer.from(name), part }));
  properties.sort((left, right) => left.bytes.length - right.bytes.length || Buffer.compare(left.bytes, right.bytes));
  return `{${properties.map(({ name, part }) => `${JSON.stringify(name)}: ${format(part)}`).join(', ')}}`;
}

function formatNumber(text: string): string {
  const digits = normalizeDecimal(text) ?? text;
  return /^-0(\.0+)?$/.test(digits) ? digits.slice(1) : digits.replace(/^(-?)0+(?=\d)/, '$1');
}
