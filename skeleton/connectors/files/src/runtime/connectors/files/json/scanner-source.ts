import type { TableSchema } from '../../../schema/table-schema.ts';
import { READ_DIGITS, SIGN, scannerOf, store, type Target, targetOf, writeNull } from '../scanner-target.ts';

/** How records lie one after the other: what stands in front of an object, and behind it. */
export type Separation = 'lines' | 'array';

/**
 * The source of a scanner of objects whose members are those of the columns, in their order, each one behind the other
 * or with a space between. Names of keys never become part of it.
 */
export function scannerSource({ fields }: TableSchema, separation: Separation): string {
  const columns = fields.map((field, id) => ({ name: field.name, target: targetOf(field, id) }));
  const nested = fields.some(({ type }) => type.kind === 'json');
  const record = [
    separation === 'array' ? `while (${SEPARATES}) p++;` : '',
    separation === 'lines' && nested ? LIMIT_TO_LINE : '',
    `if (b[p++] !== ${OPEN}) break record;`,
    columns.map(readMember).join(`\nif (b[p++] !== ${COMMA}) break record; ${PASS_SPACE}\n`),
    `if (b[p++] !== ${CLOSE}) break record;`,
    separation === 'lines' ? PASS_LINE_END : '',
    'if (p > end) break record;',
  ];
  return scannerOf({
    tools: ['reserveBytes', 'parseDateBytes', 'scanText', 'scanOther', 'isAt', 'keys', 'forms', 'powers'],
    variables: 'from = 0, size = 0, places = 0, negative = false, limit = end',
    targets: columns.map(({ target }) => target),
    record: record.join('\n'),
  });
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

const PASS_SPACE = `if (b[p] === ${SPACE}) p++;`;
const PASS_LINE_END = `if (b[p] === ${CARRIAGE_RETURN}) p++; if (b[p++] !== ${LINE_FEED}) break record;`;
const SEPARATES = [COMMA, SPACE, LINE_FEED, CARRIAGE_RETURN, TAB].map((byte) => `b[p] === ${byte}`).join(' || ');
/** JSON texts may hold line ends between their parts; those of a record on one line do not. */
const LIMIT_TO_LINE = `limit = b.indexOf(${LINE_FEED}, p); if (limit < 0 || limit > end) limit = end;`;

function readMember({ name, target }: { readonly name: string; readonly target: Target }): string {
  const { id, nullable } = target;
  const size = Buffer.byteLength(JSON.stringify(name)) + 1;
  const markValid = nullable ? `valid${id}[n] = 1;` : '';
  return `if (!isAt(b, p, keys[${id}])) break record;
    p += ${size}; ${PASS_SPACE}
    if (${IS_NULL}) { p += 4; ${writeNull(target)} }
    else { ${markValid} ${readValue(target)} }`;
}

function readValue(target: Target): string {
  const { type, storage, id } = target;
  switch (type.kind) {
    case 'string':
      return readText(id);
    case 'int16':
      return readInteger(target, 32_767);
    case 'int32':
      return readInteger(target, 2_147_483_647);
    case 'int64':
      return readInteger(target, Number.MAX_SAFE_INTEGER);
    case 'float32':
    case 'float64':
      return `if (${IS_NUMBER}) { ${READ_NUMBER} v /= powers[places]; ${SIGN} ${store(target)} } else { ${readOther(id)} }`;
    case 'date':
      return `v = parseDateBytes(b, p + 1, p + 11);
        if (v === v && b[p] === ${QUOTE} && b[p + 11] === ${QUOTE}) { p += 12; ${store(target)} } else { ${readOther(id)} }`;
    default:
      if (type.kind === 'decimal' && storage === 'int64') return readDecimal(target, type.precision, type.scale);
      return readOther(id);
  }
}

/** A text, copied into the arena of column `id`; from where it has escapes on by `scanText`. */
function readText(id: number): string {
  return `if (b[p] !== ${QUOTE}) break record;
    from = ++p;
    while ((c = b[p]) !== ${QUOTE} && c !== ${BACKSLASH} && c >= ${SPACE}) { arena${id}[end${id}++] = c; p++; }
    if (c === ${QUOTE}) { p++; offsets${id}[n + 1] = end${id}; }
    else {
      if (c !== ${BACKSLASH} || (p = scanText(column${id}, n, b, from, end)) < 0) break record;
      end${id} = offsets${id}[n + 1];
    }`;
}

/** A value in any form. */
function readOther(id: number): string {
  return `p = scanOther(column${id}, forms[${id}], n, b, p, limit); if (p < 0) break record;`;
}

const IS_NULL = [...Buffer.from('null')].map((byte, offset) => `b[p + ${offset}] === ${byte}`).join(' && ');
const IS_NUMBER = `b[p] === ${MINUS} || (b[p] >= ${ZERO} && b[p] <= ${NINE})`;
const READ_WHOLE = `negative = b[p] === ${MINUS}; if (negative) p++; from = p; v = 0; ${READ_DIGITS}
  size = p - from; if (size === 0 || (b[from] === ${ZERO} && size > 1)) break record;`;
/** A number of no more digits than a number holds exactly, as a whole one: without its point. */
const READ_NUMBER = `${READ_WHOLE} places = 0;
  if (c === ${POINT}) { p++; ${READ_DIGITS} places = p - from - size - 1; if (places === 0) break record; }
  if (size + places > 15) break record;`;

/** A whole number, be it written with zeros behind a point. An integer column has no -0. */
function readInteger(target: Target, limit: number): string {
  return `${READ_WHOLE} if (v > ${limit} || (negative && v === 0)) break record;
    if (c === ${POINT}) { from = ++p; while (b[p] === ${ZERO}) p++; if (p === from) break record; }
    ${SIGN} ${store(target)}`;
}

/** As a whole number: the value times 10^scale. */
function readDecimal(target: Target, precision = 0, scale = 0): string {
  const limit = Math.min(10 ** 15, 10 ** precision);
  return `if (${IS_NUMBER}) {
      ${READ_NUMBER} if (places > ${scale}) break record;
      v *= powers[${scale} - places]; if (v >= ${limit}) break record; ${SIGN} ${store(target)}
    } else { ${readOther(target.id)} }`;
}
