import { allocateColumn, type BytesColumn, type Column, reserveBytes } from '../../columns/column.ts';
import type { Field } from '../../schema/table-schema.ts';

/**
 * One column of the row group that is being gathered: a copy, so that whoever gave the records can use their memory
 * again. Parquet stores only the values that are there; which ones those are goes into the definition levels.
 */
export class GatheredColumn {
  readonly field: Field;
  /** Records, with and without a value. */
  rows = 0;
  /** Values that are there. */
  count = 0;
  /** The values that are there, one behind the other. */
  values: Column;
  /** One byte a record, 1 = there, 0 = NULL. */
  levels = new Uint8Array(0);
  #capacity = 0;

  constructor(field: Field) {
    this.field = field;
    this.values = allocatePresent(field, 0);
  }

  /** Adds the first `length` values of a column that lies in memory as this one does, whatever its own type. */
  append(column: Column, length: number): void {
    this.#reserve(this.rows + length);
    const { valid } = column;
    const present = valid === undefined ? length : countPresent(valid, length);
    if (valid === undefined) this.levels.fill(1, this.rows, this.rows + length);
    else this.levels.set(valid.subarray(0, length), this.rows);
    appendValues(this.values, this.count, column, length, present === length ? undefined : valid);
    this.rows += length;
    this.count += present;
  }

  clear(): void {
    this.rows = 0;
    this.count = 0;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, 2 * this.#capacity);
    const values = allocatePresent(this.field, this.#capacity);
    appendValues(values, 0, this.values, this.count, undefined);
    const levels = new Uint8Array(this.#capacity);
    levels.set(this.levels);
    this.values = values;
    this.levels = levels;
  }
}

function allocatePresent(field: Field, capacity: number): Column {
  return allocateColumn({ ...field, nullable: false }, capacity, 0);
}

/** Of a byte for each record, 1 where it has a value. */
export function countPresent(valid: Uint8Array, length: number): number {
  let count = 0;
  for (let index = 0; index < length; index++) count += valid[index] ?? 0;
  return count;
}

/** @param valid which values are there; `undefined`: all of them */
function appendValues(
  target: Column,
  end: number,
  column: Column,
  length: number,
  valid: Uint8Array | undefined,
): void {
  if (target.storage === 'int32' && column.storage === 'int32') {
    appendNumbers(target.values, end, column.values, length, valid);
  } else if (target.storage === 'float64' && column.storage === 'float64') {
    appendNumbers(target.values, end, column.values, length, valid);
  } else if (target.storage === 'int64' && column.storage === 'int64') {
    appendPairs(target.values, end, column.values, length, valid);
  } else if (target.storage === 'bytes' && column.storage === 'bytes') {
    appendBytes(target, end, column, length, valid);
  } else {
    throw new TypeError(`Column ${target.field.name} is ${target.storage} in memory and was given ${column.storage}.`);
  }
}

function appendNumbers<T extends Int32Array | Float64Array>(
  target: T,
  end: number,
  values: T,
  length: number,
  valid: Uint8Array | undefined,
): void {
  if (valid === undefined) {
    target.set(values.subarray(0, length), end);
    return;
  }
  let to = end;
  for (let from = 0; from < length; from++) if (valid[from] === 1) target[to++] = values[from] ?? 0;
}

function appendPairs(
  target: Int32Array,
  end: number,
  values: Int32Array,
  length: number,
  valid: Uint8Array | undefined,
): void {
  if (valid === undefined) {
    target.set(values.subarray(0, 2 * length), 2 * end);
    return;
  }
  let to = 2 * end;
  for (let from = 0; from < length; from++) {
    if (valid[from] === 0) continue;
    target[to++] = values[2 * from] ?? 0;
    target[to++] = values[2 * from + 1] ?? 0;
  }
}

/** A NULL takes no bytes, so those of the others lie side by side and are copied at once. */
function appendBytes(
  target: BytesColumn,
  end: number,
  { offsets, bytes }: BytesColumn,
  length: number,
  valid: Uint8Array | undefined,
): void {
  const start = offsets[0] ?? 0;
  const stop = offsets[length] ?? start;
  const base = target.offsets[end] ?? 0;
  bytes.copy(reserveBytes(target, base + stop - start), base, start, stop);
  let to = end;
  for (let from = 1; from <= length; from++) {
    if (valid === undefined || valid[from - 1] === 1) target.offsets[++to] = base - start + (offsets[from] ?? 0);
  }
}
