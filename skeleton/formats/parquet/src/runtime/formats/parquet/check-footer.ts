import { DamageError } from './damage.ts';
import type { FileColumn, Leaf } from './file-schema.ts';
import type { ChunkMetadata, Footer } from './footer-model.ts';

/** Bytes in front of the first column: the magic number. */
const FIRST_PAGE = 4;

/** Where a column chunk lies in the file: its first byte, and the one behind its last. */
export function chunkRange(chunk: ChunkMetadata): { start: number; end: number } {
  const { data_page_offset: data, dictionary_page_offset: dictionary = 0, total_compressed_size: size } = chunk;
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  return { start, end: start + size };
}

/**
 * Checks what a footer says against itself and against the size of the file, before anything is reserved for it.
 *
 * @param end position of the footer: all columns lie in front of it
 * @throws DamageError when counts, types or positions do not go together
 */
export function checkFooter(footer: Footer, columns: readonly FileColumn[], end: number): void {
  const leaves = columns.flatMap(({ node }) => node.leaves);
  const rows = footer.row_groups.reduce((sum, group) => sum + group.num_rows, 0);
  if (rows !== footer.num_rows) {
    throw new DamageError(`its row groups have ${rows} records, not ${footer.num_rows}`);
  }
  const ranges: { start: number; end: number; column: string }[] = [];
  for (const group of footer.row_groups) {
    if (group.columns.length !== leaves.length) {
      throw new DamageError(`a row group has ${group.columns.length} columns instead of ${leaves.length}`);
    }
    for (const [index, leaf] of leaves.entries()) {
      const chunk = group.columns[index]?.meta_data;
      const column = leaf.path.join('.');
      if (chunk === undefined || !belongs(chunk, leaf, group.num_rows)) {
        throw new DamageError('the footer contradicts itself', { column });
      }
      if (chunk.num_values > 0) ranges.push({ ...chunkRange(chunk), column });
    }
  }
  requireApart(ranges, end);
}

function belongs(chunk: ChunkMetadata, leaf: Leaf, rows: number): boolean {
  const { path_in_schema: path, type, num_values: values } = chunk;
  if (type !== leaf.element.type || path.length !== leaf.path.length) return false;
  if (path.some((name, index) => name !== leaf.path[index])) return false;
  return leaf.repetition === 0 ? values === rows : values >= rows;
}

/** Each column has bytes of its own. */
function requireApart(ranges: { start: number; end: number; column: string }[], end: number): void {
  let position = FIRST_PAGE;
  for (const range of ranges.sort((left, right) => left.start - right.start)) {
    if (range.start < position || range.end > end) {
      throw new DamageError('its data is not where it can be', { column: range.column, offset: range.start });
    }
    position = range.end;
  }
}
