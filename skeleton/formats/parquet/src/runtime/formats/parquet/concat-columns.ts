import type { BytesColumn, Column } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';

/** Column `index` of several groups of records as one; that of a single group is given back as it is. */
export function concatColumn(groups: readonly Columns[], index: number): Column {
  const parts = groups.map(({ columns, length }): Part => {
    const column = columns[index];
    if (column === undefined) throw new RangeError(`The records have no column ${index}.`);
    return { column, length };
  });
  const [first] = parts;
  if (first === undefined) throw new TypeError('There are no records.');
  return parts.length === 1 ? first.column : concatParts(first.column, parts);
}

interface Part {
  readonly column: Column;
  readonly length: number;
}

function concatParts(first: Column, parts: readonly Part[]): Column {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const { field } = first;
  const valid = concatValid(parts, length);
  switch (first.storage) {
    case 'int32':
      return { storage: 'int32', field, valid, values: concatValues(parts, new Int32Array(length), 1) };
    case 'int64':
      return { storage: 'int64', field, valid, values: concatValues(parts, new Int32Array(2 * length), 2) };
    case 'float64':
      return { storage: 'float64', field, valid, values: concatValues(parts, new Float64Array(length), 1) };
    case 'bytes':
      return concatBytes(first, parts, valid, length);
  }
}

function concatValid(parts: readonly Part[], length: number): Uint8Array | undefined {
  if (parts.every(({ column }) => column.valid === undefined)) return undefined;
  const valid = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    if (part.column.valid === undefined) valid.fill(1, end, end + part.length);
    else valid.set(part.column.valid.subarray(0, part.length), end);
    end += part.length;
  }
  return valid;
}

function concatValues<T extends Int32Array | Float64Array>(parts: readonly Part[], values: T, width: 1 | 2): T {
  let end = 0;
  for (const { column, length } of parts) {
    if (column.storage === 'bytes') throw new TypeError(`Column ${column.field.name} changes its storage.`);
    values.set(column.values.subarray(0, length * width), end);
    end += length * width;
  }
  return values;
}

function concatBytes({ field }: Column, parts: readonly Part[], valid: Uint8Array | undefined, length: number) {
  const offsets = new Int32Array(length + 1);
  const arenas: Buffer[] = [];
  let row = 0;
  let end = 0;
  for (const part of parts) {
    const { column } = part;
    if (column.storage !== 'bytes') throw new TypeError(`Column ${column.field.name} changes its storage.`);
    const start = column.offsets[0] ?? 0;
    const stop = column.offsets[part.length] ?? start;
    for (let index = 1; index <= part.length; index++) {
      offsets[row + index] = (column.offsets[index] ?? 0) - start + end;
    }
    arenas.push(column.bytes.subarray(start, stop));
    row += part.length;
    end += stop - start;
  }
  const bytes: BytesColumn = { storage: 'bytes', field, valid, offsets, bytes: Buffer.concat(arenas, end) };
  return bytes;
}

/** Bytes that the values of the records take in memory. */
export function sizeInBytes(columns: Columns): number {
  const { length } = columns;
  let size = 0;
  for (const column of columns.columns) {
    if (column.storage === 'bytes') size += (column.offsets[length] ?? 0) - (column.offsets[0] ?? 0) + 4 * length;
    else size += (column.storage === 'int32' ? 4 : 8) * length;
  }
  return size;
}
