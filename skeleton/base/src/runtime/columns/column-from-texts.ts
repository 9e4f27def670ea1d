import type { Field } from '../schema/table-schema.ts';
import type { BytesColumn, Column } from './column.ts';

/**
 * A column of strings, which are encoded in one piece: five times faster than one by one.
 *
 * @returns `undefined` where the field is of another type, or where values are no strings or have to be looked at
 */
export function columnFromTexts(field: Field, values: readonly unknown[]): BytesColumn | undefined {
  if (field.type.kind !== 'string') return undefined;
  const { length } = values;
  const valid = field.nullable ? new Uint8Array(length).fill(1) : undefined;
  const offsets = new Int32Array(length + 1);
  let end = 0;
  for (let index = 0; index < length; index++) {
    const value = values[index];
    if (typeof value === 'string') end += value.length;
    else if (valid !== undefined && (value === null || value === undefined)) valid[index] = 0;
    else return undefined;
    offsets[index + 1] = end;
  }
  const text = values.join('');
  if (!text.isWellFormed()) return undefined;
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  if (bytes.length !== text.length) countBytes(values, offsets);
  // A text that ended in half a surrogate pair has met its other half in the next one.
  if (offsets[length] !== bytes.length) return undefined;
  return { storage: 'bytes', field, valid, offsets, bytes };
}

/** One column of the texts of several, in their order; `undefined` where not all of them are columns of texts. */
export function joinTexts(
  name: string,
  parts: readonly { readonly column: Column | undefined; readonly length: number }[],
): BytesColumn | undefined {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const valid = new Uint8Array(length).fill(1);
  const offsets = new Int32Array(length + 1);
  const texts: Uint8Array[] = [];
  let index = 0;
  let end = 0;
  for (const { column, length: count } of parts) {
    if (column?.storage !== 'bytes' || column.field.type.kind !== 'string') return undefined;
    const first = column.offsets[0] ?? 0;
    const last = column.offsets[count] ?? first;
    if (column.valid !== undefined) valid.set(column.valid.subarray(0, count), index);
    for (let text = 1; text <= count; text++) offsets[index + text] = (column.offsets[text] ?? 0) - first + end;
    texts.push(column.bytes.subarray(first, last));
    index += count;
    end += last - first;
  }
  const bytes = Buffer.allocUnsafeSlow(end);
  let start = 0;
  for (const text of texts) {
    bytes.set(text, start);
    start += text.length;
  }
  return { storage: 'bytes', field: { name, type: { kind: 'string' }, nullable: true }, valid, offsets, bytes };
}

function countBytes(values: readonly unknown[], offsets: Int32Array): void {
  let end = 0;
  values.forEach((value, index) => {
    if (typeof value === 'string') end += Buffer.byteLength(value);
    offsets[index + 1] = end;
  });
}
