import type { BytesColumn, Column, Int64Column } from '../../columns/column.ts';

/** The distinct values of a column chunk, and for each of its values which one it is. */
export interface Dictionary {
  /** Distinct values, in the order of their first appearance. */
  readonly values: Column;
  readonly size: number;
  /** Valid until the next dictionary is built. */
  readonly indices: Uint16Array;
}

const MAX_ENTRIES = 8192;
const MAX_BYTES = 1 << 20;
const SLOTS = 1 << 16;
/** After so many values it shows whether a column repeats itself. */
const TRIAL = 2048;

/** Slot of a hash → number of the entry, counted from 1. One table for all: chunks are encoded one after the other. */
const slots = new Int32Array(SLOTS);
let indices = new Uint16Array(1 << 17);

/** Finds the distinct values of a column; `undefined` where there are too many for a dictionary to pay. */
export function buildDictionary(column: Column, count: number): Dictionary | undefined {
  if (column.field.type.kind === 'boolean') return undefined;
  if (indices.length < count) indices = new Uint16Array(count);
  slots.fill(0);
  switch (column.storage) {
    case 'int32':
      return buildFromWords(column.values, count, (values) => ({ ...column, values }));
    case 'int64':
      return buildFromPairs(column, count, (values) => ({ ...column, values }));
    case 'float64':
      return buildFromFloats(column.values, count, (values) => ({ ...column, values }));
    case 'bytes':
      return buildFromBytes(column, count);
  }
}

function paysOff(entries: number, count: number): boolean {
  return entries * 2 <= count;
}

function outgrown(entries: number, seen: number): boolean {
  return entries === MAX_ENTRIES || (seen > TRIAL && entries > seen * 0.6);
}

function buildFromWords(
  values: Int32Array,
  count: number,
  toColumn: (values: Int32Array) => Column,
): Dictionary | undefined {
  const entries = new Int32Array(Math.min(count, MAX_ENTRIES));
  let size = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index] ?? 0;
    let slot = Math.imul(value, 0x9e3779b1) >>> 16;
    let entry = slots[slot] ?? 0;
    while (entry !== 0 && entries[entry - 1] !== value) {
      slot = (slot + 1) & (SLOTS - 1);
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      if (outgrown(size, index)) return undefined;
      entries[size++] = value;
      slots[slot] = entry = size;
    }
    indices[index] = entry - 1;
  }
  return paysOff(size, count) ? { values: toColumn(entries.slice(0, size)), size, indices } : undefined;
}

function buildFromPairs(
  { values }: Pick<Int64Column, 'values'>,
  count: number,
  toColumn: (values: Int32Array<ArrayBuffer>) => Column,
): Dictionary | undefined {
  const entries = new Int32Array(2 * Math.min(count, MAX_ENTRIES));
  let size = 0;
  for (let index = 0; index < count; index++) {
    const low = values[2 * index] ?? 0;
    const high = values[2 * index + 1] ?? 0;
    let slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 16;
    let entry = slots[slot] ?? 0;
    while (entry !== 0 && (entries[2 * entry - 2] !== low || entries[2 * entry - 1] !== high)) {
      slot = (slot + 1) & (SLOTS - 1);
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      if (outgrown(size, index)) return undefined;
      entries[2 * size] = low;
      entries[2 * size + 1] = high;
      slots[slot] = entry = ++size;
    }
    indices[index] = entry - 1;
  }
  return paysOff(size, count) ? { values: toColumn(entries.slice(0, 2 * size)), size, indices } : undefined;
}

/** Bit by bit, so that -0 and every NaN stay what they are. */
function buildFromFloats(
  values: Float64Array,
  count: number,
  toColumn: (values: Float64Array) => Column,
): Dictionary | undefined {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * count);
  return buildFromPairs({ values: words }, count, (pairs) => toColumn(new Float64Array(pairs.buffer)));
}

function buildFromBytes(column: BytesColumn, count: number): Dictionary | undefined {
  const { offsets, bytes } = column;
  const starts = new Int32Array(Math.min(count, MAX_ENTRIES));
  const lengths = new Int32Array(starts.length);
  let size = 0;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const start = offsets[index] ?? 0;
    const length = (offsets[index + 1] ?? 0) - start;
    if (length > MAX_BYTES) return undefined;
    let slot = hashBytes(bytes, start, start + length);
    let entry = slots[slot] ?? 0;
    while (entry !== 0) {
      if (lengths[entry - 1] === length && sameBytes(bytes, starts[entry - 1] ?? 0, start, length)) break;
      slot = (slot + 1) & (SLOTS - 1);
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      total += length;
      if (outgrown(size, index) || total > MAX_BYTES) return undefined;
      starts[size] = start;
      lengths[size++] = length;
      slots[slot] = entry = size;
    }
    indices[index] = entry - 1;
  }
  if (!paysOff(size, count)) return undefined;
  return { values: gather(column, starts, lengths, size, total), size, indices };
}

function hashBytes(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 16777619);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

function sameBytes(bytes: Buffer, left: number, right: number, length: number): boolean {
  let index = 0;
  while (index < length && bytes[left + index] === bytes[right + index]) index++;
  return index === length;
}

function gather(
  column: BytesColumn,
  starts: Int32Array,
  lengths: Int32Array,
  size: number,
  total: number,
): BytesColumn {
  const offsets = new Int32Array(size + 1);
  const bytes = Buffer.allocUnsafeSlow(total);
  let end = 0;
  for (let entry = 0; entry < size; entry++) {
    const start = starts[entry] ?? 0;
    end += column.bytes.copy(bytes, end, start, start + (lengths[entry] ?? 0));
    offsets[entry + 1] = end;
  }
  return { ...column, offsets, bytes };
}
