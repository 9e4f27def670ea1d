import { z } from 'zod';

/** Shorter values would blot out ordinary words. */
const SHORTEST_SECRET = 4;
const HIDDEN = '***';
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*):[^\s/?#@]+@/gi;
const SECRET_PARAMETER = /password|passwd|secret|token|signature|api_?key/i;

const registered = new Set<string>();

/**
 * Marks an option as secret: pipeline.yaml must take it from the environment (`${NAME}`), never spell it out, and
 * its value is hidden wherever the runtime prints something. Apply it last: `secret(z.string().min(1)).optional()`.
 */
export function secret(schema: z.ZodString = z.string()): z.ZodString {
  return schema.meta({ ...schema.meta(), writeOnly: true });
}

/** Hides this value from now on in everything that goes through `redact`. Of a URL, its passwords and tokens. */
export function registerSecret(value: string): void {
  for (const part of secretParts(value)) {
    if (part.length >= SHORTEST_SECRET) registered.add(part);
  }
}

/** The text with passwords in URLs and all registered secrets replaced by `***`. */
export function redact(text: string): string {
  let redacted = text.replace(URL_PASSWORD, `$1:${HIDDEN}@`);
  for (const value of registered) redacted = redacted.replaceAll(value, HIDDEN);
  return redacted;
}

/** Whether the text is a URL with a password. */
export function hasPassword(text: string): boolean {
  return text.search(URL_PASSWORD) >= 0;
}

/** Whether the text is a URL that spells out a password, instead of taking it from the environment. */
export function hasLiteralPassword(text: string): boolean {
  return [...text.matchAll(URL_PASSWORD)].some(([match]) => !/:\$\{[A-Za-z_]\w*(:-)?\}@$/.test(match));
}

function secretParts(value: string): string[] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) return [value];
  const parts: string[] = [];
  if (url.password !== '' && url.password !== url.username) parts.push(url.password, decode(url.password));
  for (const [name, parameter] of url.searchParams) if (SECRET_PARAMETER.test(name)) parts.push(parameter);
  return url.password === '' && parts.length === 0 ? [value] : parts;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
