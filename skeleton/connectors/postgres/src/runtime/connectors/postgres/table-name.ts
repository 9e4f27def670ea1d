import { escapeIdentifier } from 'pg';

/** A table of a PostgreSQL database, its names as they are in the catalogue. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const DEFAULT_SCHEMA = 'public';
const PART = /(?:"((?:[^"]|"")+)"|([^".]+))/y;

/**
 * `orders`, `public.orders`, `"Sales 2026"."a.b"`: case is kept as written, a part that contains a dot is quoted.
 *
 * @returns `undefined` when the text is no name of a table
 */
export function parseTableName(text: string): TableName | undefined {
  const parts: string[] = [];
  let at = 0;
  do {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) return undefined;
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = PART.lastIndex + 1;
  } while (text[at - 1] === '.');
  if (at <= text.length) return undefined;
  const [first = '', second] = parts;
  if (parts.length > 2) return undefined;
  return second === undefined ? { schema: DEFAULT_SCHEMA, name: first } : { schema: first, name: second };
}

/** The name for SQL: `"public"."orders"`. */
export function quoteTable({ schema, name }: TableName): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** The name for people: `public.orders`. */
export function showTable({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

/** Column names for SQL: `"id", "name"`. */
export function quoteList(names: readonly string[]): string {
  return names.map((name) => escapeIdentifier(name)).join(', ');
}

const LONGEST_NAME = 63;

/** A table beside another one; names are cut to the 63 bytes that PostgreSQL keeps. */
export function besideTable({ schema, name }: TableName, suffix: string): TableName {
  let stem = name;
  while (Buffer.byteLength(stem) + suffix.length > LONGEST_NAME) stem = stem.slice(0, -1);
  return { schema, name: stem + suffix };
}
