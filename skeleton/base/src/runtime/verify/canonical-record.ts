import type { BytesColumn, Column, Int64Column } from '../columns/column.ts';
import type { Columns } from '../columns/columns.ts';
import { formatScaled } from '../columns/decimals.ts';
import { readInt64, readSafeInt64, readText } from '../columns/read-values.ts';
import { INFINITY_INT32, INFINITY_INT64 } from '../columns/timestamps.ts';
import { canonicalJson } from './canonical-json.ts';
import { trimDecimal } from './trim-decimal.ts';

/** Object identifiers of the PostgreSQL types that canonical values have; they are the same in every server. */
const OID = { bool: 16, bytea: 17, int8: 20, text: 25, float8: 701, date: 1082, time: 1083, timestamp: 1114 } as const;

const INITIAL_BYTES = 4096;
const DAYS_TO_2000 = 10_957;
const MICROSECONDS_TO_2000 = 946_684_800_000_000;
const MICROSECONDS_TO_2000_EXACT = 946_684_800_000_000n;

/**
 * One sequence of bytes for equal records, wherever they are: what PostgreSQL's `record_send` gives for a row of these
 * types, so that a database computes the same (see `canonical-expression.ts` of the connector).
 *
 * Integers are int8, floating-point numbers float8 (no -0, one NaN), decimals text without zeros at the end, json the
 * text of jsonb, uuids text, times microseconds without time zone (UTC).
 */
export class RecordEncoder {
  readonly #names: readonly string[];
  #memory = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /** @param names the columns that make the record, in this order */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** What writes record `index` of these columns; its bytes are good until the next one is written. */
  forColumns(columns: Columns): (index: number) => Buffer {
    const writers = this.#names.map((name) => this.#writerOf(columns.column(name)));
    return (index) => {
      this.#length = 0;
      this.#writeInt32(writers.length);
      for (const write of writers) write(index);
      return this.#memory.subarray(0, this.#length);
    };
  }

  #writerOf(column: Column): (index: number) => void {
    const oid = oidOf(column);
    const write = this.#valueWriter(column);
    const { valid } = column;
    return (index) => {
      this.#writeInt32(oid);
      if (valid !== undefined && valid[index] === 0) this.#writeInt32(-1);
      else write(index);
    };
  }

  #valueWriter(column: Column): (index: number) => void {
    switch (column.storage) {
      case 'int32':
        return this.#int32Writer(column.values, column.field.type.kind);
      case 'int64':
        return this.#int64Writer(column);
      case 'float64':
        return (index) => {
          this.#writeInt32(8);
          const value = column.values[index] ?? 0;
          this.#reserve(8).writeDoubleBE(Number.isNaN(value) ? Number.NaN : value + 0, this.#length);
          this.#length += 8;
        };
      case 'bytes':
        return this.#bytesWriter(column);
    }
  }

  #int32Writer(values: Int32Array, kind: string): (index: number) => void {
    if (kind === 'boolean') {
      return (index) => {
        this.#writeInt32(1);
        this.#reserve(1)[this.#length++] = values[index] ?? 0;
      };
    }
    if (kind === 'date') {
      return (index) => {
        const days = values[index] ?? 0;
        const endless = days === INFINITY_INT32 || days === -INFINITY_INT32 - 1;
        this.#writeInt32(4);
        this.#writeInt32(endless ? days : days - DAYS_TO_2000);
      };
    }
    return (index) => this.#writeWords(values[index] ?? 0, (values[index] ?? 0) < 0 ? -1 : 0);
  }

  #int64Writer(column: Int64Column): (index: number) => void {
    const { values, field } = column;
    const { type } = field;
    if (type.kind === 'decimal') {
      const { scale = 0 } = type;
      return (index) => {
        const value = readSafeInt64(column, index);
        const exact = Number.isSafeInteger(value) ? value : readInt64(column, index);
        this.#writeText(trimDecimal(formatScaled(exact, scale)));
      };
    }
    if (type.kind === 'timestamp') return (index) => this.#writeTimestamp(column, index);
    return (index) => this.#writeWords(values[2 * index] ?? 0, values[2 * index + 1] ?? 0);
  }

  #writeTimestamp(column: Int64Column, index: number): void {
    const value = readSafeInt64(column, index);
    if (Number.isSafeInteger(value)) {
      const shifted = value - MICROSECONDS_TO_2000;
      this.#writeWords(shifted | 0, Math.floor(shifted / 4_294_967_296));
      return;
    }
    const exact = BigInt.asIntN(64, readInt64(column, index));
    const endless = exact === INFINITY_INT64 || exact === -INFINITY_INT64 - 1n;
    this.#writeInt32(8);
    this.#reserve(8).writeBigInt64BE(endless ? exact : exact - MICROSECONDS_TO_2000_EXACT, this.#length);
    this.#length += 8;
  }

  #bytesWriter(column: BytesColumn): (index: number) => void {
    const { bytes, offsets, field } = column;
    if (field.type.kind === 'decimal') return (index) => this.#writeText(trimDecimal(readText(column, index)));
    if (field.type.kind === 'json') return (index) => this.#writeText(canonicalJson(readText(column, index)));
    return (index) => {
      const start = offsets[index] ?? 0;
      const end = offsets[index + 1] ?? start;
      this.#writeInt32(end - start);
      bytes.copy(this.#reserve(end - start), this.#length, start, end);
      this.#length += end - start;
    };
  }

  #writeText(text: string): void {
    const size = Buffer.byteLength(text);
    this.#writeInt32(size);
    this.#reserve(size).write(text, this.#length);
    this.#length += size;
  }

  #writeWords(low: number, high: number): void {
    this.#writeInt32(8);
    this.#writeInt32(high);
    this.#writeInt32(low);
  }

  #writeInt32(value: number): void {
    const memory = this.#reserve(4);
    memory[this.#length++] = value >>> 24;
    memory[this.#length++] = value >>> 16;
    memory[this.#length++] = value >>> 8;
    memory[this.#length++] = value;
  }

  #reserve(size: number): Buffer {
    if (this.#length + size > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#length + size));
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    return this.#memory;
  }
}

function oidOf({ field }: Column): number {
  switch (field.type.kind) {
    case 'boolean':
      return OID.bool;
    case 'int16':
    case 'int32':
    case 'int64':
      return OID.int8;
    case 'float32':
    case 'float64':
      return OID.float8;
    case 'binary':
      return OID.bytea;
    case 'date':
      return OID.date;
    case 'time':
      return OID.time;
    case 'timestamp':
      return OID.timestamp;
    case 'decimal':
    case 'string':
    case 'json':
    case 'uuid':
      return OID.text;
  }
}
