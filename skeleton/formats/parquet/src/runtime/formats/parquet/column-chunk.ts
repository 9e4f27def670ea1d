import type { Encoding } from 'hyparquet';
import type { Column } from '../../columns/column.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { encodeBitPacked, encodeRun } from './bit-packing.ts';
import { type Bounds, findBounds } from './bounds.ts';
import { buildDictionary, type Dictionary } from './dictionary.ts';
import { encodeFixed } from './fixed-values.ts';
import { encodePlain } from './plain-values.ts';
import { presentValues } from './present-values.ts';
import { toSchemaElement } from './schema-elements.ts';

/** The values of one column of one row group, encoded and not yet compressed. */
export interface EncodedChunk {
  readonly dictionary?: { readonly page: Buffer; readonly size: number };
  /** One data page (version 1): definition levels where NULL is allowed, then values or indices. */
  readonly page: Buffer;
  readonly encoding: Encoding;
  readonly nullCount: number;
  readonly bounds: Bounds | undefined;
}

interface EncodedValues extends Pick<EncodedChunk, 'dictionary' | 'encoding' | 'bounds'> {
  readonly values: Buffer;
}

export function encodeChunk(column: Column, length: number): EncodedChunk {
  const present = presentValues(column, length);
  const nullCount = length - present.count;
  if (nullCount > 0 && !column.field.nullable) throw missing(column, nullCount);
  const { values, ...rest } = encodeValues(present.column, present.count);
  const levels = column.field.nullable ? encodeLevels(column.valid, length, present.count) : [];
  return { ...rest, page: Buffer.concat([...levels, values]), nullCount };
}

function missing({ field }: Column, nullCount: number): PipelineError {
  const message = `${field.name} is missing in ${nullCount} records and may not be null`;
  return new PipelineError('REJECTED', message, { where: { column: field.name } });
}

function encodeValues(column: Column, count: number): EncodedValues {
  if (column.storage === 'bytes' && toSchemaElement(column.field).type === 'FIXED_LEN_BYTE_ARRAY') {
    const { bytes, bounds } = encodeFixed(column, count);
    return { values: bytes, encoding: 'PLAIN', bounds };
  }
  const dictionary = buildDictionary(column, count);
  if (dictionary !== undefined) return encodeIndices(dictionary, count);
  return { values: encodePlain(column, count), encoding: 'PLAIN', bounds: findBounds(column, count) };
}

function encodeIndices({ values, size, indices }: Dictionary, count: number): EncodedValues {
  const bitWidth = Math.max(1, 32 - Math.clz32(size - 1));
  return {
    dictionary: { page: encodePlain(values, size), size },
    values: Buffer.concat([Buffer.of(bitWidth), encodeBitPacked(indices, count, bitWidth)]),
    encoding: 'RLE_DICTIONARY',
    bounds: findBounds(values, size),
  };
}

/** 1 for a value, 0 for NULL, behind their length in bytes. */
function encodeLevels(valid: Uint8Array | undefined, length: number, present: number): Buffer[] {
  const uniform = valid === undefined || present === length || present === 0;
  const levels = uniform ? encodeRun(present === 0 ? 0 : 1, length, 1) : encodeBitPacked(valid, length, 1);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(levels.length);
  return [size, levels];
}
