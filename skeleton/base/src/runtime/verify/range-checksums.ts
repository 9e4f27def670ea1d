import { hash } from 'node:crypto';

/** Records fall into so many ranges: by the first 16 bits of the SHA-256 of their keys, evenly whatever the keys are. */
export const RANGES = 65_536;

const WORD = 4_294_967_296;

export interface RangeChecksum {
  readonly range: number;
  readonly records: number;
  /** Sum of the first 64 bits of the SHA-256 of the records, modulo 2^64: the order of the records does not matter. */
  readonly sum: bigint;
}

/** The range that a canonical key belongs to. */
export function rangeOf(key: Buffer): number {
  return readUint16(digestOf(key), 0);
}

/** A character a byte: Node makes that three times as fast as a buffer. */
function digestOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'binary');
}

function readUint16(digest: string, at: number): number {
  return digest.charCodeAt(at) * 256 + digest.charCodeAt(at + 1);
}

function readUint32(digest: string, at: number): number {
  return readUint16(digest, at) * 65_536 + readUint16(digest, at + 2);
}

/** Counts and checksums of all ranges; the memory needed does not depend on the number of records. */
export class RangeChecksums {
  readonly #records = new Float64Array(RANGES);
  readonly #low = new Float64Array(RANGES);
  readonly #high = new Float64Array(RANGES);
  records = 0;

  /** Adds one record to the range of its key; both are canonical bytes, the key is `undefined` where it is the record. */
  add(record: Buffer, key?: Buffer): void {
    const digest = digestOf(record);
    const range = key === undefined ? readUint16(digest, 0) : rangeOf(key);
    this.#add(range, 1, readUint32(digest, 0), readUint32(digest, 4));
  }

  /** Adds what a database has summed up. */
  addRange({ range, records, sum }: RangeChecksum): void {
    const bits = BigInt.asUintN(64, sum);
    this.#add(range, records, Number(bits >> 32n), Number(bits & 0xffff_ffffn));
  }

  /** Takes away records that are not to count. */
  subtract(other: RangeChecksums): void {
    for (let range = 0; range < RANGES; range++) {
      const records = other.recordsIn(range);
      if (records === 0) continue;
      const sum = (BigInt(other.#high[range] ?? 0) << 32n) | BigInt(other.#low[range] ?? 0);
      this.addRange({ range, records: -records, sum: -sum });
    }
  }

  recordsIn(range: number): number {
    return this.#records[range] ?? 0;
  }

  /** The ranges whose records differ from those of the other end. */
  differing(other: RangeChecksums): number[] {
    const ranges: number[] = [];
    for (let range = 0; range < RANGES; range++) if (!this.#equals(other, range)) ranges.push(range);
    return ranges;
  }

  #equals(other: RangeChecksums, range: number): boolean {
    return (
      this.#records[range] === other.#records[range] &&
      this.#low[range] === other.#low[range] &&
      this.#high[range] === other.#high[range]
    );
  }

  #add(range: number, records: number, high: number, low: number): void {
    const lowSum = (this.#low[range] ?? 0) + low;
    const carry = lowSum >= WORD ? 1 : 0;
    this.#low[range] = lowSum - carry * WORD;
    this.#high[range] = ((this.#high[range] ?? 0) + high + carry) % WORD;
    this.#records[range] = (this.#records[range] ?? 0) + records;
    this.records += records;
  }
}
