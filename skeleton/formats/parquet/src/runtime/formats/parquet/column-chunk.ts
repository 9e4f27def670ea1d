import type { Encoding } from 'hyparquet';
import { sliceColumn } from '../../columns/column.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { bitPackedSize, runSize, writeBitPacked, writeRun } from './bit-packing.ts';
import { type Bounds, findBounds } from './bounds.ts';
import { buildDictionary, type Dictionary } from './dictionary.ts';
import { FIXED_WIDTH, writeFixed } from './fixed-values.ts';
import { countPresent, type GatheredColumn } from './gathered-column.ts';
import type { PageMemory } from './page-memory.ts';
import { plainSize, writePlain } from './plain-values.ts';
import { toSchemaElement } from './schema-elements.ts';

/** One data page (version 1): definition levels where NULL is allowed, then values or indices. */
export interface EncodedPage {
  readonly bytes: Buffer;
  /** Records, with and without a value. */
  readonly rows: number;
}

/** The values of one column of one row group, encoded and not yet compressed. */
export interface EncodedChunk {
  readonly dictionary?: { readonly page: Buffer; readonly size: number };
  /** Encoded when they are asked for; each is good until the next one is. */
  readonly pages: Iterable<EncodedPage>;
  readonly encoding: Encoding;
  readonly nullCount: number;
  readonly bounds: Bounds | undefined;
}

/** Records of a column: all of a row group, or those of a page. */
type GatheredRecords = Pick<GatheredColumn, 'field' | 'rows' | 'count' | 'values' | 'levels'>;

const LEVELS_LENGTH_BYTES = 4;
/** Readers hold a page in memory as a whole; the format recommends to keep it below a megabyte. */
const PAGE_BYTES = 1024 * 1024;

/**
 * @param memory what the pages lie in
 * @throws PipelineError REJECTED for a NULL where the column has none, and for a value that `findUnwritable` names
 */
export function encodeChunk(gathered: GatheredColumn, memory: PageMemory): EncodedChunk {
  const { field, rows, count, values } = gathered;
  const nullCount = rows - count;
  if (nullCount > 0 && !field.nullable) throw missing(field.name, nullCount);
  memory.reset();
  if (values.storage === 'bytes' && toSchemaElement(field).type === 'FIXED_LEN_BYTE_ARRAY') {
    const { bytes, start } = startPage(gathered, count * FIXED_WIDTH, memory);
    const bounds = writeFixed(values, count, bytes, start);
    return { pages: [{ bytes, rows }], encoding: 'PLAIN', nullCount, bounds };
  }
  const dictionary = buildDictionary(values, count);
  if (dictionary !== undefined) {
    const bitWidth = Math.max(1, 32 - Math.clz32(dictionary.size - 1));
    const { bytes, start } = startPage(gathered, 1 + bitPackedSize(count, bitWidth), memory);
    bytes[start] = bitWidth;
    writeBitPacked(dictionary.indices, count, bitWidth, bytes, start + 1);
    return {
      dictionary: encodeDictionary(dictionary, memory),
      pages: [{ bytes, rows }],
      encoding: 'RLE_DICTIONARY',
      nullCount,
      bounds: findBounds(dictionary.values, dictionary.size),
    };
  }
  return { pages: plainPages(gathered, memory), encoding: 'PLAIN', nullCount, bounds: findBounds(values, count) };
}

function* plainPages(gathered: GatheredColumn, memory: PageMemory): Generator<EncodedPage> {
  for (const part of pagesOf(gathered)) {
    memory.reset();
    const { bytes, start } = startPage(part, plainSize(part.values, part.count), memory);
    writePlain(part.values, part.count, bytes, start);
    yield { bytes, rows: part.rows };
  }
}

/** As many records to a page, of which there are so many that they have `PAGE_BYTES` on average. */
function* pagesOf({ field, rows, count, values, levels }: GatheredColumn): Generator<GatheredRecords> {
  const step = Math.ceil(rows / Math.max(1, Math.ceil(plainSize(values, count) / PAGE_BYTES)));
  let first = 0;
  for (let start = 0; start < rows; start += step) {
    const own = levels.subarray(start, Math.min(start + step, rows));
    const present = count === rows ? own.length : countPresent(own, own.length);
    const part = sliceColumn(values, first, first + present);
    yield { field, rows: own.length, count: present, values: part, levels: own };
    first += present;
  }
}

/** A page with room for `size` bytes of values, which start behind the definition levels. */
function startPage(records: GatheredRecords, size: number, memory: PageMemory): { bytes: Buffer; start: number } {
  const bytes = memory.allocate(levelsSize(records) + size);
  return { bytes, start: writeLevels(records, bytes) };
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

function levelsSize(records: GatheredRecords): number {
  const { field, rows } = records;
  if (!field.nullable) return 0;
  return LEVELS_LENGTH_BYTES + (isUniform(records) ? runSize(rows) : bitPackedSize(rows, 1));
}

/** 1 for a value, 0 for NULL, behind their length in bytes. Returns where they end. */
function writeLevels(records: GatheredRecords, page: Buffer): number {
  const { field, rows, count, levels } = records;
  if (!field.nullable) return 0;
  const end = isUniform(records)
    ? writeRun(count === 0 ? 0 : 1, rows, page, LEVELS_LENGTH_BYTES)
    : writeBitPacked(levels, rows, 1, page, LEVELS_LENGTH_BYTES);
  page.writeUInt32LE(end - LEVELS_LENGTH_BYTES, 0);
  return end;
}

function isUniform({ rows, count }: GatheredRecords): boolean {
  return count === 0 || count === rows;
}
