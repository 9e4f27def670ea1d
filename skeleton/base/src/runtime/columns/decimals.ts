/** Decimal numbers between text and whole numbers scaled by a power of ten. */

/** What PostgreSQL's numeric holds beside numbers. */
const SPECIAL = new Set(['NaN', 'Infinity', '-Infinity']);
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * A decimal as a whole number times 10^-scale, exactly.
 *
 * @returns `undefined` when the text is no decimal number, or has more than `precision` digits or `scale` places
 */
export function parseScaled(text: string, precision: number, scale: number): bigint | undefined {
  const plain = normalizeDecimal(text);
  if (plain === undefined || SPECIAL.has(plain)) return undefined;
  const negative = plain.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? plain.slice(1) : plain).split('.');
  const places = fraction.replace(/0+$/, '');
  if (places.length > scale || whole.replace(/^0+/, '').length > precision - scale) return undefined;
  const value = BigInt(whole + places.padEnd(scale, '0'));
  return negative ? -value : value;
}

/**
 * A decimal as digits without exponent or plus sign; `undefined` when the text is no decimal number. `NaN` and the
 * infinities stay.
 */
export function normalizeDecimal(text: string): string | undefined {
  if (SPECIAL.has(text)) return text;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const minus = sign === '-' ? '-' : '';
  if (exponent === undefined) return `${minus}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${minus}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${minus}${digits}${'0'.repeat(point - digits.length)}`;
  return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const ZERO = 48;
const MINUS = 45;
const POINT = 46;

/** Digits that a number holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

/**
 * `parseScaled` as a number, for a short text in the usual form: digits on both sides of a point, no plus sign. NaN for
 * every other text, be it a decimal or not.
 */
export function parseShortScaled(text: string, precision: number, scale: number): number {
  const negative = text.charCodeAt(0) === MINUS;
  const first = negative ? 1 : 0;
  const end = text.length;
  let value = 0;
  let point = end;
  for (let position = first; position < end; position++) {
    const digit = text.charCodeAt(position) - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === POINT - ZERO && point === end) point = position;
    else return Number.NaN;
  }
  const places = point === end ? 0 : end - point - 1;
  if (first >= point || point === end - 1 || places > scale) return Number.NaN;
  if (end - first + scale - places > EXACT_DIGITS) return Number.NaN;
  const scaled = value * 10 ** (scale - places);
  if (scaled >= 10 ** precision) return Number.NaN;
  return negative ? -scaled : scaled;
}

/** `12345` with scale 2 as `123.45`. */
export function formatScaled(value: bigint | number, scale: number): string {
  const text = String(value);
  if (scale === 0) return text;
  const negative = text.startsWith('-');
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Places for which all fractions are written down beforehand. */
const SHORT_SCALE = 3;
const INT32_LIMIT = 2_147_483_648;

const fractionTexts = new Map<number, readonly string[]>();

function fractionsOf(scale: number): readonly string[] {
  const known = fractionTexts.get(scale);
  if (known !== undefined) return known;
  const texts = Array.from({ length: 10 ** scale }, (_, fraction) => `.${String(fraction).padStart(scale, '0')}`);
  fractionTexts.set(scale, texts);
  return texts;
}

/** `formatScaled` for many values of one scale. */
export function scaledFormatter(scale: number): (value: bigint | number) => string {
  if (scale === 0 || scale > SHORT_SCALE) return (value) => formatScaled(value, scale);
  const unit = 10 ** scale;
  const fractions = fractionsOf(scale);
  return (value) => {
    if (typeof value === 'bigint' || value < 0 || value >= INT32_LIMIT) return formatScaled(value, scale);
    const whole = (value / unit) | 0;
    return `${whole}${fractions[value - whole * unit] ?? ''}`;
  };
}
