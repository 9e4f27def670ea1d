import { READ_DIGITS, SIGN, scannerOf, store, type Target, targetOf, writeNull } from '../scanner-target.ts';
import { CARRIAGE_RETURN, LINE_FEED } from './csv-dialect.ts';
import type { CsvLayout } from './csv-layout.ts';

/**
 * The source of a scanner. In it, `b` are the bytes, `p` is the position in them and `n` the number of the record;
 * `break record` leaves the record to the splitter. Names and texts of a file never become part of it.
 */
export function scannerSource(layout: CsvLayout): string {
  const targets = layout.schema.fields.map((field, index) => targetOf(field, index));
  const steps = layout.names.map((_, field) => readField(layout, field, targets[layout.fields.indexOf(field)]));
  const blankLine = layout.names.length > 1 ? `if (${isLineEnd('p')}) break record;` : '';
  const missing = targets.filter((_, index) => layout.fields[index] === -1);
  return scannerOf({
    tools: ['reserveBytes', 'parseDateBytes', 'parseTimestampBytes', 'writeText'],
    variables: 'from = 0, places = 0, negative = false, quoted = false',
    targets,
    record: [blankLine, ...steps, ...missing.map(writeNull)].join('\n'),
  });
}

function isLineEnd(position: string): string {
  return `(b[${position}] === ${LINE_FEED} || b[${position}] === ${CARRIAGE_RETURN})`;
}

/** One field, NULL or a value, and what separates it from the next. */
function readField({ dialect, names }: CsvLayout, field: number, target: Target | undefined): string {
  const { delimiter, quote, nullTexts } = dialect;
  const [nullText = Buffer.alloc(0)] = nullTexts;
  const last = field === names.length - 1;
  const isEnd = (position: string) => (last ? isLineEnd(position) : `b[${position}] === ${delimiter}`);
  const pass = last
    ? `if (b[p] === ${CARRIAGE_RETURN}) p++; if (b[p++] !== ${LINE_FEED}) break record;`
    : `if (b[p++] !== ${delimiter}) break record;`;
  if (target === undefined) return `${readText(delimiter, quote, last, undefined)} ${pass}`;
  const nullBytes = [...nullText].map((byte, index) => `b[p + ${index}] === ${byte}`);
  const isNull = [...nullBytes, isEnd(`p + ${nullText.length}`)].join(' && ');
  const value =
    target.type.kind === 'string'
      ? readText(delimiter, quote, last, target.id)
      : `if (${isEnd('p')}) break record; ${readQuotable(target, delimiter, quote)}`;
  const markValid = target.nullable ? `valid${target.id}[n] = 1;` : '';
  // Before the value: `writeText` may find that it is NULL, as the JSON text null is.
  return `if (${isNull}) { p += ${nullText.length}; ${writeNull(target)} } else { ${markValid} ${value} } ${pass}`;
}

/** A text, copied into the arena of column `id` or passed over. */
function readText(delimiter: number, quote: number, last: boolean, id: number | undefined): string {
  const copy = id === undefined ? '' : `arena${id}[end${id}++] = c;`;
  const cutReturn =
    last && id !== undefined
      ? `if (end${id} > offsets${id}[n] && arena${id}[end${id} - 1] === ${CARRIAGE_RETURN}) end${id}--;`
      : '';
  return `if (b[p] === ${quote}) {
      p++;
      for (;;) {
        if (p >= end) break record;
        c = b[p++];
        if (c === ${quote} && b[p++] !== ${quote}) { p--; break; }
        ${copy}
      }
    } else {
      while ((c = b[p]) !== ${delimiter} && c !== ${LINE_FEED}) { ${copy} p++; }
      ${cutReturn}
    }
    ${id === undefined ? '' : `offsets${id}[n + 1] = end${id};`}`;
}

/** A value that is not text, in quotes or not. */
function readQuotable(target: Target, delimiter: number, quote: number): string {
  return `quoted = b[p] === ${quote};
    if (quoted) p++;
    ${readValue(target, delimiter, quote)}
    if (quoted && b[p++] !== ${quote}) break record;`;
}

function readValue(target: Target, delimiter: number, quote: number): string {
  const { type, id } = target;
  const findEnd = `from = p; while ((c = b[p]) !== ${delimiter} && c !== ${quote} && c !== ${LINE_FEED} && c !== ${CARRIAGE_RETURN}) p++;`;
  switch (type.kind) {
    case 'int16':
      return `${readInteger(32_767)} ${store(target)}`;
    case 'int32':
      return `${readInteger(2_147_483_647)} ${store(target)}`;
    case 'int64':
      return `${readInteger(Number.MAX_SAFE_INTEGER)} ${store(target)}`;
    case 'float32':
    case 'float64':
      return `${READ_NUMBER} if (v > ${SAFE} || places > 15) break record; v /= 10 ** places; ${SIGN} ${store(target)}`;
    case 'date':
      return `v = parseDateBytes(b, p, p + 10); if (v !== v) break record; p += 10; ${store(target)}`;
    case 'timestamp':
      return `${findEnd} v = parseTimestampBytes(b, from, p); if (v !== v) break record; ${store(target)}`;
    default:
      if (type.kind === 'decimal' && target.storage === 'int64') return readDecimal(target, type.precision, type.scale);
      return `${findEnd} if (p === from || !writeText(column${id}, n, b, from, p)) break record;`;
  }
}

/** Digits that a number holds exactly, with room for a factor of ten. */
const SAFE = 10 ** 15;
const READ_WHOLE = `negative = b[p] === 45; if (negative) p++; from = p; v = 0; ${READ_DIGITS} if (p === from) break record;`;
const READ_NUMBER = `${READ_WHOLE} places = 0; if (c === 46) { from = ++p; ${READ_DIGITS} places = p - from; if (places === 0) break record; }`;

function readInteger(limit: number): string {
  return `${READ_WHOLE} if (v > ${limit}) break record; ${SIGN}`;
}

/** As a whole number: the value times 10^scale. */
function readDecimal(target: Target, precision = 0, scale = 0): string {
  const factors = JSON.stringify(Array.from({ length: scale + 1 }, (_, places) => 10 ** (scale - places)));
  return `${READ_NUMBER} if (places > ${scale}) break record; v *= ${factors}[places];
    if (v >= ${Math.min(SAFE, 10 ** precision)}) break record; ${SIGN} ${store(target)}`;
}
