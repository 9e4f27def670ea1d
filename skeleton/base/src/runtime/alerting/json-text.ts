/**
 * Text on its way into a JSON document: a template that prints it prints it escaped for the inside of a JSON string.
 * Handlebars itself only knows how to escape for HTML.
 */
export class JsonText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return JSON.stringify(this.#text).slice(1, -1);
  }

  /** The text as it is, for whoever writes it with `JSON.stringify`. */
  toJSON(): string {
    return this.#text;
  }
}

/** The value with each of its texts, at any depth, changed by `change` and made a JsonText; empty texts stay falsy. */
export function toJsonTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return value === '' ? '' : new JsonText(change(value));
  if (Array.isArray(value)) return value.map((item) => toJsonTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJsonTexts(item, change)]));
}
