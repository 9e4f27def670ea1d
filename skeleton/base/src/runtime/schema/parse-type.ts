import type { LogicalType } from './table-schema.ts';

const SIMPLE = [
  'boolean',
  'int16',
  'int32',
  'int64',
  'float32',
  'float64',
  'decimal',
  'string',
  'json',
  'uuid',
  'binary',
  'date',
  'time',
] as const;

/**
 * The type that `describeType` describes.
 *
 * @throws RangeError when there is no such type
 */
export function parseType(text: string): LogicalType {
  const kind = SIMPLE.find((name) => name === text);
  if (kind !== undefined) return { kind };
  if (text === 'timestamp') return { kind: 'timestamp', zone: false };
  if (text === 'timestamp with zone') return { kind: 'timestamp', zone: true };
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  throw new RangeError(
    `There is no column type ${text}; there are ${SIMPLE.join(', ')}, decimal(precision,scale), timestamp, timestamp with zone.`,
  );
}
