import type { Encoding } from 'hyparquet';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { bitPackedSize, runSize, writeBitPacked, writeRun } from './bit-packing.ts';
import { type Bounds, findBounds } from './bounds.ts';
import { buildDictionary, type Dictionary } from './dictionary.ts';
import { FIXED_WIDTH, writeFixed } from './fixed-values.ts';
import type { GatheredColumn } from './gathered-column.ts';
import type { PageMemory } from './page-memory.ts';
import { plainSize, writePlain } from './plain-values.ts';
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

const LEVELS_LENGTH_BYTES = 4;

/**
 * @param memory what the pages lie in
 * @throws PipelineError REJECTED for a NULL where the column has none, and for a value that `findUnwritable` names
 */
export function encodeChunk(gathered: GatheredColumn, memory: PageMemory): EncodedChunk {
  const { field, rows, count, values } = gathered;
  const nullCount = rows - count;
  if (nullCount > 0 && !field.nullable) throw missing(field.name, nullCount);
  /** A page with room for `size` bytes of values behind the definition levels. */
  const startPage = (size: number): { page: Buffer; start: number } => {
    const page = memory.allocate(levelsSize(gathered) + size);
    return { page, start: writeLevels(gathered, page) };
  };
  if (values.storage === 'bytes' && toSchemaElement(field).type === 'FIXED_LEN_BYTE_ARRAY') {
    const { page, start } = startPage(count * FIXED_WIDTH);
    return { page, encoding: 'PLAIN', nullCount, bounds: writeFixed(values, count, page, start) };
  }
  const dictionary = buildDictionary(values, count);
  if (dictionary !== undefined) {
    const bitWidth = Math.max(1, 32 - Math.clz32(dictionary.size - 1));
    const { page, start } = startPage(1 + bitPackedSize(count, bitWidth));
    page[start] = bitWidth;
    writeBitPacked(dictionary.indices, count, bitWidth, page, start + 1);
    const bounds = findBounds(dictionary.values, dictionary.size);
    return { dictionary: encodeDictionary(dictionary, memory), page, encoding: 'RLE_DICTIONARY', nullCount, bounds };
  }
  const { page, start } = startPage(plainSize(values, count));
  writePlain(values, count, page, start);
  return { page, encoding: 'PLAIN', nullCount, bounds: findBounds(values, count) };
}

function missing(column: string, nullCount: number): PipelineError {
  const message = `${column} is missing in ${nullCount} records and may not be null`;
  return new PipelineError('REJECTED', message, { where: { column } });
}

function encodeDictionary({ values, size }: Dictionary, memory: PageMemory): EncodedChunk['dictionary'] {
  const page = memory.allocate(plainSize(values, size));
  writePlain(values, size, page, 0);
  return { page, size };
}

function levelsSize(gathered: GatheredColumn): number {
  const { field, rows } = gathered;
  if (!field.nullable) return 0;
  return LEVELS_LENGTH_BYTES + (isUniform(gathered) ? runSize(rows) : bitPackedSize(rows, 1));
}

/** 1 for a value, 0 for NULL, behind their length in bytes. Returns where they end. */
function writeLevels(gathered: GatheredColumn, page: Buffer): number {
  const { field, rows, count, levels } = gathered;
  if (!field.nullable) return 0;
  const end = isUniform(gathered)
    ? writeRun(count === 0 ? 0 : 1, rows, page, LEVELS_LENGTH_BYTES)
    : writeBitPacked(levels, rows, 1, page, LEVELS_LENGTH_BYTES);
  page.writeUInt32LE(end - LEVELS_LENGTH_BYTES, 0);
  return end;
}

function isUniform({ rows, count }: GatheredColumn): boolean {
  return count === 0 || count === rows;
}
