import { formatScaled } from '../../columns/decimals.ts';
import { ValueError } from '../../columns/write-values.ts';
import { type DuckDBType, duckdb } from './duckdb.ts';
import { DECIMAL_DIGITS } from './types.ts';

/** Writes one value as text; returns where it ends. */
export type WriteText = (words: Uint32Array, index: number, target: Buffer, at: number) => number;

const FIRST_TOO_LONG = 10n ** BigInt(DECIMAL_DIGITS);
const TWO_TO_THE_32 = 4_294_967_296;

/**
 * How integers of 64 bits without a sign and of 128 bits, decimals among them, become text.
 *
 * @throws ValueError (the function that is returned) for one of more than 38 digits
 */
export function formatWideInteger(type: DuckDBType): WriteText {
  const { DuckDBTypeId: ids } = duckdb;
  if (type.typeId === ids.UBIGINT) {
    return (words, index, target, at) => at + target.write(String(joinWords(words, 2 * index, 2)), at, 'latin1');
  }
  const scale = type.typeId === ids.DECIMAL ? type.scale : 0;
  const signed = type.typeId !== ids.UHUGEINT;
  return (words, index, target, at) => {
    const value = signed
      ? (smallInteger(words, 4 * index) ?? largeInteger(words, 4 * index))
      : joinWords(words, 4 * index, 4);
    if (value >= FIRST_TOO_LONG || value <= -FIRST_TOO_LONG) {
      throw new ValueError(`${value} has more than ${DECIMAL_DIGITS} digits, which no column can hold`);
    }
    return at + target.write(formatScaled(value, scale), at, 'latin1');
  };
}

/** The value where it is an exact number; most are, and need no BigInt. */
function smallInteger(words: Uint32Array, first: number): number | undefined {
  const low = words[first] ?? 0;
  const high = (words[first + 1] ?? 0) | 0;
  const sign = high < 0 ? 0xffffffff : 0;
  if (words[first + 2] !== sign || words[first + 3] !== sign) return undefined;
  const value = high * TWO_TO_THE_32 + low;
  return Number.isSafeInteger(value) ? value : undefined;
}

function largeInteger(words: Uint32Array, first: number): bigint {
  return BigInt.asIntN(128, joinWords(words, first, 4));
}

function joinWords(words: Uint32Array, first: number, count: number): bigint {
  let value = 0n;
  for (let word = count - 1; word >= 0; word--) value = (value << 32n) | BigInt(words[first + word] ?? 0);
  return value;
}
