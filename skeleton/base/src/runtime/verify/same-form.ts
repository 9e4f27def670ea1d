import type { LogicalType } from '../schema/table-schema.ts';
import { sameType } from '../schema/table-schema.ts';

const INTEGERS: readonly LogicalType['kind'][] = ['int16', 'int32', 'int64'];

/**
 * Whether each value of a source's type becomes the same canonical value in the sink's type, so that a database can
 * compute its checksum without anybody converting it first.
 */
export function haveSameForm(source: LogicalType, sink: LogicalType): boolean {
  if (sameType(source, sink)) return true;
  if (source.kind === 'decimal' && sink.kind === 'decimal') return fitsDecimal(source, sink);
  const widened = INTEGERS.indexOf(source.kind);
  if (widened >= 0) return INTEGERS.indexOf(sink.kind) > widened;
  return (source.kind === 'float32' && sink.kind === 'float64') || (source.kind === 'uuid' && sink.kind === 'string');
}

type Decimal = Extract<LogicalType, { kind: 'decimal' }>;

function fitsDecimal(source: Decimal, sink: Decimal): boolean {
  if (sink.precision === undefined) return true;
  if (source.precision === undefined) return false;
  const [sourceScale = 0, sinkScale = 0] = [source.scale, sink.scale];
  return sourceScale <= sinkScale && source.precision - sourceScale <= sink.precision - sinkScale;
}
