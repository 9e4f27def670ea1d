import type { Column } from '../../columns/column.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { describeType } from '../../schema/table-schema.ts';
import { bytesWriter, uuidWriter } from './bytes-writers.ts';
import type { ColumnWriter } from './column-writer.ts';
import { dateWriter, floatWriter, int32Writer, int64Writer, timestampWriter } from './fixed-writers.ts';
import { decimalTextWriter, scaledWriter } from './numeric-writers.ts';
import type { Wire } from './types.ts';

/**
 * What puts this column on the wire in that format.
 *
 * @param length number of values
 */
export function columnWriter(wire: Wire, nullable: Column, length: number): ColumnWriter {
  const complete = nullable.valid?.subarray(0, length).includes(0) !== true;
  const column = complete ? { ...nullable, valid: undefined } : nullable;
  switch (column.storage) {
    case 'int32':
      if (wire === 'bool') return int32Writer(column, 1);
      if (wire === 'int2') return int32Writer(column, 2);
      if (wire === 'int4') return int32Writer(column, 4);
      if (wire === 'date') return dateWriter(column);
      break;
    case 'int64':
      if (wire === 'int8' || wire === 'time') return int64Writer(column);
      if (wire === 'timestamp') return timestampWriter(column);
      if (wire === 'numeric') return scaledWriter(column);
      break;
    case 'float64':
      if (wire === 'float4') return floatWriter(column, 4);
      if (wire === 'float8') return floatWriter(column, 8);
      break;
    case 'bytes':
      if (wire === 'text' || wire === 'bytea') return bytesWriter(column, 0);
      if (wire === 'jsonb') return bytesWriter(column, 1);
      if (wire === 'uuid') return uuidWriter(column);
      if (wire === 'numeric') return decimalTextWriter(column);
      break;
  }
  throw new PipelineError('INTERNAL', `${describeType(column.field.type)} cannot be written as PostgreSQL's ${wire}.`);
}
