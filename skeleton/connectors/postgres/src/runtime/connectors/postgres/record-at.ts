import { rowsFromColumns } from '../../columns/rows.ts';
import type { Row } from '../../pipeline/batch.ts';
import type { DecodedRows } from './copy-decoder.ts';

/** A record for people; values that its columns could not hold are text. */
export function recordAt({ columns, unfit }: Pick<DecodedRows, 'columns' | 'unfit'>, index: number): Row {
  const [record] = rowsFromColumns<Row>(columns.slice(index, index + 1));
  const texts = unfit.filter(({ row }) => row === index).map(({ column, text }) => [column, text] as const);
  return { ...record, ...Object.fromEntries(texts) };
}
