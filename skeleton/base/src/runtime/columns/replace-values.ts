import { allocateColumn, type BytesColumn, type Column, reserveBytes } from './column.ts';
import { readValues } from './read-values.ts';
import { ValueError, writeValue } from './write-values.ts';

/**
 * The same column with other values at some indices; the given one stays as it is.
 *
 * @param replacements by index
 * @returns `undefined` where a value would not read back as the same
 */
export function replaceValues(
  column: Column,
  length: number,
  replacements: ReadonlyMap<number, unknown>,
): Column | undefined {
  const indices = [...replacements.keys()].sort((left, right) => left - right);
  const values = indices.map((index) => replacements.get(index));
  const written = writeExactly(column, values);
  if (written === undefined) return undefined;
  const nullable = column.valid !== undefined || values.includes(null);
  const valid = nullable ? (column.valid?.slice(0, length) ?? new Uint8Array(length).fill(1)) : undefined;
  indices.forEach((index, position) => {
    if (valid !== undefined) valid[index] = written.valid?.[position] ?? 1;
  });
  const shared = { field: { ...column.field, nullable: column.field.nullable || nullable }, valid };
  if (column.storage === 'bytes') {
    return written.storage === 'bytes'
      ? { ...column, ...shared, ...spliceBytes(column, length, indices, written) }
      : undefined;
  }
  if (written.storage === 'bytes') return undefined;
  switch (column.storage) {
    case 'float64':
      return { ...column, ...shared, values: overwrite(column.values.slice(0, length), written.values, indices, 1) };
    case 'int64':
      return {
        ...column,
        ...shared,
        values: overwrite(column.values.slice(0, 2 * length), written.values, indices, 2),
      };
    case 'int32':
      return { ...column, ...shared, values: overwrite(column.values.slice(0, length), written.values, indices, 1) };
  }
}

/** @param size numbers that make a value */
function overwrite<T extends Int32Array | Float64Array>(
  numbers: T,
  written: Int32Array | Float64Array,
  indices: readonly number[],
  size: number,
): T {
  indices.forEach((index, position) => {
    for (let part = 0; part < size; part++) numbers[size * index + part] = written[size * position + part] ?? 0;
  });
  return numbers;
}

/** A column of such values. */
function writeExactly({ field }: Column, values: readonly unknown[]): Column | undefined {
  const column = allocateColumn({ ...field, nullable: true }, values.length);
  try {
    for (const [index, value] of values.entries()) writeValue(column, index, value);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
  const read = readValues(column, values.length);
  return values.every((value, index) => Object.is(value, read[index])) ? column : undefined;
}

/** @param written the values that take the places `indices`, which are in order */
function spliceBytes(
  { offsets, bytes }: BytesColumn,
  length: number,
  indices: readonly number[],
  written: BytesColumn,
): Pick<BytesColumn, 'offsets' | 'bytes'> {
  const spliced = { ...written, offsets: new Int32Array(length + 1), bytes: Buffer.alloc(0) };
  let end = 0;
  let next = 0;
  const append = (from: Buffer, start: number, stop: number): void => {
    from.copy(reserveBytes(spliced, end + stop - start), end, start, stop);
    end += stop - start;
  };
  const keepUpTo = (index: number): void => {
    const start = offsets[next] ?? 0;
    const shift = end - start;
    append(bytes, start, offsets[index] ?? 0);
    for (; next < index; next++) spliced.offsets[next + 1] = (offsets[next + 1] ?? 0) + shift;
  };
  indices.forEach((index, position) => {
    keepUpTo(index);
    append(written.bytes, written.offsets[position] ?? 0, written.offsets[position + 1] ?? 0);
    next = index + 1;
    spliced.offsets[next] = end;
  });
  keepUpTo(length);
  return { offsets: spliced.offsets, bytes: spliced.bytes };
}
