import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { LogicalType, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { CopyDecoder } from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/copy-decoder.ts';
import { CopyEncoder } from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/copy-encoder.ts';
import { RawCollector } from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/raw-collector.ts';
import type { Wire } from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/types.ts';

const TYPES: readonly [LogicalType, Wire, fc.Arbitrary<unknown>][] = [
  [{ kind: 'boolean' }, 'bool', fc.boolean()],
  [{ kind: 'int16' }, 'int2', fc.integer({ min: -32_768, max: 32_767 })],
  [{ kind: 'int32' }, 'int4', fc.integer()],
  [{ kind: 'int64' }, 'int8', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'float32' }, 'float4', fc.float()],
  [{ kind: 'float64' }, 'float8', fc.double()],
  [{ kind: 'decimal', precision: 15, scale: 3 }, 'numeric', fc.integer().map((value) => (value / 1000).toFixed(3))],
  [{ kind: 'decimal' }, 'numeric', fc.bigInt().map(String)],
  [{ kind: 'string' }, 'text', fc.string({ unit: 'grapheme', maxLength: 100 })],
  [{ kind: 'json' }, 'jsonb', fc.jsonValue()],
  [{ kind: 'uuid' }, 'uuid', fc.uuid()],
  [{ kind: 'binary' }, 'bytea', fc.uint8Array({ maxLength: 100 })],
  [{ kind: 'date' }, 'date', fc.constantFrom('infinity', '-infinity', '1999-12-31', '2000-01-01', '9999-12-31')],
  [{ kind: 'time' }, 'time', fc.constantFrom('00:00:00', '24:00:00', '12:34:56.789012')],
  [{ kind: 'timestamp', zone: true }, 'timestamp', fc.date({ noInvalidDate: true })],
];
const SCHEMA: TableSchema = { fields: TYPES.map(([type], index) => ({ name: `c${index}`, type, nullable: true })) };
const WIRES = TYPES.map(([, wire]) => wire);

const row = fc
  .tuple(...TYPES.map(([, , value]) => fc.option(value, { freq: 4 })))
  .map((values) => Object.fromEntries(values.map((value, index) => [`c${index}`, value])));

/** All messages of the records, as the socket would carry them. */
function encode(columns: Columns, wires: readonly Wire[]): Buffer {
  const encoder = new CopyEncoder(columns, wires);
  const messages: Buffer[] = [];
  while (!encoder.done) messages.push(Buffer.from(encoder.next(undefined)));
  return Buffer.concat(messages);
}

/** The same contents with a message for the header and one for each row, as the server sends it. */
function asServerSends(encoded: Buffer, fields: number): Buffer {
  const payload: Buffer[] = [];
  for (let at = 0; at < encoded.length; at += 1 + encoded.readInt32BE(at + 1)) {
    payload.push(encoded.subarray(at + 5, at + 1 + encoded.readInt32BE(at + 1)));
  }
  const contents = Buffer.concat(payload);
  const parts = [contents.subarray(0, 19)];
  let at = 19;
  while (contents.readInt16BE(at) !== -1) {
    let end = at + 2;
    for (let field = 0; field < fields; field++) end += 4 + Math.max(0, contents.readInt32BE(end));
    parts.push(contents.subarray(at, end));
    at = end;
  }
  parts.push(contents.subarray(at));
  return Buffer.concat(
    parts.map((part) => {
      const header = Buffer.from('d\0\0\0\0', 'latin1');
      header.writeInt32BE(part.length + 4, 1);
      return Buffer.concat([header, part]);
    }),
  );
}

function decode(wire: Buffer, decoder: CopyDecoder): Columns[] {
  expect(decoder.read(wire, 0)).toBe(wire.length);
  const decoded: Columns[] = [];
  for (let rows = decoder.take(); rows !== undefined; rows = decoder.take()) decoded.push(rows.columns);
  const rest = decoder.finish();
  return rest === undefined ? decoded : [...decoded, rest.columns];
}

describe('binary COPY', () => {
  it('gives back all records, in batches of the size that was asked for', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        (rows, batchSize) => {
          const { columns, failures } = columnsFromRows(SCHEMA, rows);
          expect(failures).toEqual([]);
          const wire = asServerSends(encode(columns, WIRES), WIRES.length);
          const batches = decode(wire, new CopyDecoder(SCHEMA, WIRES, batchSize));
          expect(batches.slice(0, -1).every(({ length }) => length === batchSize)).toBe(true);
          expect(batches.flatMap((batch) => rowsFromColumns(batch))).toEqual(rowsFromColumns(columns));
        },
      ),
    );
  });

  it('encodes a part of a batch', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 3, maxLength: 20 }), fc.nat(1), (rows, start) => {
        const { columns } = columnsFromRows(SCHEMA, rows);
        const part = columns.slice(start, rows.length - 1);
        const wire = asServerSends(encode(part, WIRES), WIRES.length);
        const [batch] = decode(wire, new CopyDecoder(SCHEMA, WIRES, 100));
        expect(batch && rowsFromColumns(batch)).toEqual(rowsFromColumns(columns).slice(start, rows.length - 1));
      }),
      { numRuns: 30 },
    );
  });

  it('makes messages of about 256 KiB, and a larger one for a single large record', () => {
    const schema: TableSchema = { fields: [{ name: 'text', type: { kind: 'string' }, nullable: false }] };
    const sizes = [...Array.from({ length: 5000 }, () => 300), 3_000_000, 10];
    const { columns } = columnsFromRows(
      schema,
      sizes.map((size) => ({ text: 'x'.repeat(size) })),
    );
    const encoder = new CopyEncoder(columns, ['text']);
    const messages: number[] = [];
    while (!encoder.done) messages.push(encoder.next(undefined).length);
    expect(messages.filter((size) => size > 262_144)).toEqual([3_000_000 + 11]);
    expect(messages.length).toBeLessThan(15);
    const [batch] = decode(asServerSends(encode(columns, ['text']), 1), new CopyDecoder(schema, ['text'], 10_000));
    expect(batch && rowsFromColumns<{ text: string }>(batch).map(({ text }) => text.length)).toEqual(sizes);
  });

  it('refuses damaged bytes, or reads what they say', () => {
    const sample = fc.sample(row, { numRuns: 4, seed: 1 });
    const wire = asServerSends(encode(columnsFromRows(SCHEMA, sample).columns, WIRES), WIRES.length);
    for (let at = 1; at < wire.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(wire);
        damaged.writeUInt8((damaged[at] ?? 0) ^ change, at);
        for (const reader of [
          new CopyDecoder(SCHEMA, WIRES, 10),
          new RawCollector({ name: 'test', schema: SCHEMA, wires: WIRES }, 10),
        ]) {
          try {
            reader.read(damaged, 0);
            reader.finish();
          } catch (error) {
            expect(error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('not expected') });
          }
        }
      }
    }
  });

  it('refuses what is not what was asked for', () => {
    const { columns } = columnsFromRows(SCHEMA, [{}]);
    const wire = asServerSends(encode(columns, WIRES), WIRES.length);
    const other = new CopyDecoder({ fields: SCHEMA.fields.slice(1) }, WIRES.slice(1), 10);
    expect(() => other.read(wire, 0)).toThrow('in a form that was not expected');
  });
});
