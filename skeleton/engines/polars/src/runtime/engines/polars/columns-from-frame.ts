import { tableFromIPC } from 'apache-arrow';
import type { Column } from '../../columns/column.ts';
import { Columns } from '../../columns/columns.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { fromArrowType } from './arrow-types.ts';
import { columnFromArrow } from './column-from-arrow.ts';
import type { DataFrame } from './polars.ts';
import { requireValidText } from './valid-text.ts';

/**
 * A polars frame as columns, value for value.
 *
 * @param original what the frame was made of: a text column that keeps its name stays json, uuid or decimal
 * @throws PipelineError `INTERNAL` for a type of polars that no column has (lists, structs, durations, categories)
 * @throws ValueError for a text in a json, uuid or decimal column that is none
 */
export function columnsFromFrame(frame: DataFrame, original: TableSchema): Columns {
  const table = tableFromIPC(frame.writeIPC());
  const columns = table.schema.fields.map(({ name, type }, index): Column => {
    const before = original.fields.find((field) => field.name === name);
    const field: Field = { name, type: fromArrowType(name, type, before?.type), nullable: before?.nullable ?? true };
    const chunks = table.batches.flatMap((batch) => batch.data.children[index] ?? []);
    const column = columnFromArrow(field, chunks, table.numRows);
    requireValidText(column, table.numRows);
    return column;
  });
  return new Columns({ fields: columns.map((column) => column.field) }, columns, table.numRows);
}
