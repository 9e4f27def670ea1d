const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** `12.50` as `12.5`, `007` as `7`, `-0.0` as `0`: the one text of a decimal that PostgreSQL's `trim_scale` gives. */
export function trimDecimal(text: string): string {
  const negative = text.charCodeAt(0) === MINUS;
  let start = negative ? 1 : 0;
  let end = text.length;
  if (text.includes('.')) {
    while (text.charCodeAt(end - 1) === ZERO) end--;
    if (text.charCodeAt(end - 1) === POINT) end--;
  }
  while (start < end - 1 && text.charCodeAt(start) === ZERO && text.charCodeAt(start + 1) !== POINT) start++;
  const digits = text.slice(start, end);
  return negative && digits !== '0' ? `-${digits}` : digits;
}
