import { describe, expect, it } from 'vitest';
import type { LogicalType } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import type { Metadata } from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/actions.ts';
import {
  formatSchemaString,
  tableSchemaOf,
  toStructField,
} from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/schema-string.ts';

const metadataWith = (schemaString: string): Metadata => ({
  id: 'b5a8b9c0-0000-4000-8000-000000000000',
  format: { provider: 'parquet' },
  schemaString,
  partitionColumns: [],
});

const TYPES: readonly LogicalType[] = [
  { kind: 'boolean' },
  { kind: 'int16' },
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'float32' },
  { kind: 'float64' },
  { kind: 'decimal', precision: 12, scale: 2 },
  { kind: 'decimal' },
  { kind: 'decimal', precision: 50, scale: 2 },
  { kind: 'string' },
  { kind: 'json' },
  { kind: 'uuid' },
  { kind: 'binary' },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp', zone: true },
  { kind: 'timestamp', zone: false },
];

describe('the schema in the log', () => {
  it('gives back every type, those that Delta does not have too', () => {
    const fields = TYPES.map((type, index) => ({ name: `c${index}`, type, nullable: index % 2 === 0 }));
    const text = formatSchemaString(fields.map(toStructField));
    expect(tableSchemaOf(metadataWith(text))).toEqual({ fields });
  });

  it('is a text column where the kept type does not fit it', () => {
    const column = (type: string, kept: unknown) =>
      formatSchemaString([{ name: 'c', type, nullable: true, metadata: { 'etl.type': kept } }]);
    for (const kept of ['int64', 'no type', 7]) {
      const { fields } = tableSchemaOf(metadataWith(column('string', kept)));
      expect(fields[0]?.type).toEqual({ kind: 'string' });
    }
    expect(tableSchemaOf(metadataWith(column('long', 'json'))).fields[0]?.type).toEqual({ kind: 'int64' });
  });

  it.each(['byte', 'void', 'variant', 'interval'])('refuses a column of type %s by name', (type) => {
    const text = formatSchemaString([{ name: 'odd', type, nullable: true, metadata: {} }]);
    expect(() => tableSchemaOf(metadataWith(text))).toThrow(`Column odd of the Delta table has the type ${type}.`);
  });

  it('refuses nested columns', () => {
    const type = { type: 'array', elementType: 'long', containsNull: true };
    const text = formatSchemaString([{ name: 'items', type, nullable: true, metadata: {} }]);
    expect(() => tableSchemaOf(metadataWith(text))).toThrow('Column items of the Delta table has the type array.');
  });

  it('says so when it is damaged', () => {
    expect(() => tableSchemaOf(metadataWith('{'))).toThrow(expect.objectContaining({ code: 'UNREADABLE' }));
  });
});
