import { CARRIAGE_RETURN, type CsvDialect, LINE_FEED } from './csv-dialect.ts';

export interface SplitLimits {
  /** Where to stop reading. */
  readonly end: number;
  /** Whether the last byte of the file is before `end`. */
  readonly final: boolean;
  /** Longest record in bytes. */
  readonly recordBytes: number;
}

/** What a record turned out to be; `blank` is a line without anything in a file whose records have several fields. */
export type Outcome = 'good' | 'blank' | 'columns' | 'quoting' | 'unterminated' | 'too long';

/** A field is text as it stands, was in quotes, or was in quotes and contains doubled ones. */
type FieldKind = 'plain' | 'quoted' | 'escaped';

interface FieldRange {
  readonly start: number;
  readonly end: number;
  readonly kind: FieldKind;
}

/**
 * Takes single CSV records (RFC 4180) apart and says what is wrong with them.
 *
 * A quote counts only at the start of a field. A record whose quotes do not add up ends at its first line end, so that
 * one stray quote costs one line.
 */
export class RecordSplitter {
  readonly #dialect: CsvDialect;
  readonly #expected: number;
  outcome: Outcome = 'blank';
  /** Of the record that was split last. */
  fields: FieldRange[] = [];

  /** @param expected fields of a good record */
  constructor(dialect: CsvDialect, expected: number) {
    this.#dialect = dialect;
    this.#expected = expected;
  }

  /** @returns the position behind the record, -1 when it is not complete yet */
  split(bytes: Buffer, start: number, limits: SplitLimits): number {
    const { delimiter, quote, comment } = this.#dialect;
    const { end, final } = limits;
    this.fields = [];
    if (start < end && bytes[start] === comment) return this.#passComment(bytes, start, limits);
    let position = start;
    for (;;) {
      const quoted = position < end && bytes[position] === quote;
      const close = quoted ? this.#readQuoted(bytes, position, end) : this.#readPlain(bytes, position, end);
      if (close < 0 || (close === end && !final)) return this.#incomplete(bytes, start, limits);
      if (close === end) return this.#accept(bytes, start, end, limits);
      const lineEnd = lineEndAt(bytes, close, end, final);
      if (lineEnd > 0) return this.#accept(bytes, start, lineEnd, limits);
      if (bytes[close] === CARRIAGE_RETURN && close + 1 === end && !final)
        return this.#incomplete(bytes, start, limits);
      if (bytes[close] !== delimiter) return this.#endAtLine(bytes, start, limits, 'quoting');
      position = close + 1;
    }
  }

  text(bytes: Buffer, { start, end, kind }: FieldRange, encoding: BufferEncoding = 'utf8'): string {
    const text = bytes.toString(encoding, start, end);
    if (kind !== 'escaped') return text;
    const escaping = String.fromCharCode(this.#dialect.escape);
    let plain = '';
    for (let position = 0; position < text.length; ) {
      const found = text.indexOf(escaping, position);
      plain += text.slice(position, found < 0 ? text.length : found) + (found < 0 ? '' : text.charAt(found + 1));
      position = found < 0 ? text.length : found + 2;
    }
    return plain;
  }

  /** @returns the position behind the closing quote, -1 when there is none */
  #readQuoted(bytes: Buffer, start: number, end: number): number {
    const { quote, escape: escaping } = this.#dialect;
    let kind: FieldKind = 'quoted';
    for (let position = start + 1; position < end; position++) {
      const byte = bytes[position];
      if (byte === escaping && (escaping !== quote || (position + 1 < end && bytes[position + 1] === quote))) {
        kind = 'escaped';
        position++;
      } else if (byte === quote) {
        this.fields.push({ start: start + 1, end: position, kind });
        return position + 1;
      }
    }
    return -1;
  }

  /** @returns the position of what ends the field */
  #readPlain(bytes: Buffer, start: number, end: number): number {
    let position = start;
    while (position < end && bytes[position] !== this.#dialect.delimiter && bytes[position] !== LINE_FEED) position++;
    const closed = position < end && bytes[position] === this.#dialect.delimiter;
    if (!closed && position > start && bytes[position - 1] === CARRIAGE_RETURN) position--;
    this.fields.push({ start, end: position, kind: 'plain' });
    return position;
  }

  #passComment(bytes: Buffer, start: number, { end, final, recordBytes }: SplitLimits): number {
    const lineEnd = bytes.indexOf(LINE_FEED, start);
    if ((lineEnd < 0 || lineEnd >= end) && !final && end - start <= recordBytes) return -1;
    this.outcome = 'blank';
    return lineEnd < 0 || lineEnd >= end ? end : lineEnd + 1;
  }

  #accept(bytes: Buffer, start: number, next: number, limits: SplitLimits): number {
    if (next - start > limits.recordBytes) return this.#endAtLine(bytes, start, limits, 'too long');
    const [first] = this.fields;
    const empty = this.fields.length === 1 && first?.kind === 'plain' && first.start === first.end;
    if (this.fields.length === this.#expected) this.outcome = 'good';
    else this.outcome = empty ? 'blank' : 'columns';
    return next;
  }

  /** The record needs bytes that are not there (yet). */
  #incomplete(bytes: Buffer, start: number, limits: SplitLimits): number {
    const { end, final, recordBytes } = limits;
    if (final) return this.#endAtLine(bytes, start, limits, 'unterminated');
    const lineEnd = bytes.indexOf(LINE_FEED, start);
    if (end - start <= recordBytes || lineEnd < 0 || lineEnd >= end) return -1;
    return this.#endAtLine(bytes, start, limits, 'too long');
  }

  /** @returns the position behind the first line end, -1 when that is not in view yet */
  #endAtLine(bytes: Buffer, start: number, { end, final }: SplitLimits, outcome: Outcome): number {
    this.outcome = outcome;
    const lineEnd = bytes.indexOf(LINE_FEED, start);
    if (lineEnd >= 0 && lineEnd < end) return lineEnd + 1;
    return final ? end : -1;
  }
}

/** @returns the position behind a line end, 0 where there is none */
function lineEndAt(bytes: Buffer, position: number, end: number, final: boolean): number {
  if (bytes[position] === LINE_FEED) return position + 1;
  if (bytes[position] !== CARRIAGE_RETURN) return 0;
  if (position + 1 === end) return final ? end : 0;
  return bytes[position + 1] === LINE_FEED ? position + 2 : 0;
}
