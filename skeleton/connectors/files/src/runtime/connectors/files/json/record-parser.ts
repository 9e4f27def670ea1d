import { isUtf8 } from 'node:buffer';
import { ValueError } from '../../../columns/write-values.ts';
import type { Rejection, Row } from '../../../pipeline/batch.ts';
import { KEPT_BYTES, RECORD_BYTES } from '../record-group.ts';
import { DEEPEST, isTooDeep, isWellFormed, mayHoldHalfSurrogate, type NumberSources, parseJson } from './parse-json.ts';

/** What is wrong with a record, without its number. */
export type Problem = Omit<Rejection, 'rowNumber'>;

/** Parses records one by one, and says what is wrong with those that are no JSON objects. */
export abstract class RecordParser {
  protected abstract accept(row: Row, sources: NumberSources, offset: number): void;
  protected abstract reject(problem: Problem): void;

  /** Adds the record that `bytes` are the JSON text of. @param offset of its first byte in the file */
  add(bytes: Buffer, offset: number): void {
    if (bytes.length > RECORD_BYTES) this.addTooLong(bytes, offset);
    else if (!isUtf8(bytes)) this.#rejectText(bytes, offset, 'The record is not valid UTF-8.', 'latin1');
    else if (isTooDeep(bytes, 0, bytes.length))
      this.#rejectText(bytes, offset, `The record has more than ${DEEPEST} brackets inside of each other.`);
    else this.#parse(bytes, offset);
  }

  /** Adds a record of which only the beginning was read. */
  addTooLong(beginning: Buffer, offset: number): void {
    const limit = `${RECORD_BYTES / 1024 / 1024} MiB`;
    this.#rejectText(beginning, offset, `The record is longer than ${limit}; only its beginning is kept.`);
  }

  #parse(bytes: Buffer, offset: number): void {
    const text = bytes.toString('utf8');
    try {
      const { value, sources } = parseJson(text);
      if (!isRow(value)) this.#rejectText(bytes, offset, 'The record is no JSON object.');
      else if (mayHoldHalfSurrogate(text) && !isWellFormed(value))
        this.#rejectText(bytes, offset, 'The record has half of a surrogate pair, which is no character.');
      else this.accept(value, sources, offset);
    } catch (error) {
      if (error instanceof ValueError) this.#rejectText(bytes, offset, `The record ${error.message}.`);
      else if (error instanceof SyntaxError) this.#rejectText(bytes, offset, `The record is no JSON: ${error.message}`);
      else throw error;
    }
  }

  #rejectText(bytes: Buffer, offset: number, message: string, encoding: BufferEncoding = 'utf8'): void {
    this.reject({ record: bytes.toString(encoding, 0, Math.min(bytes.length, KEPT_BYTES)), offset, message });
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
