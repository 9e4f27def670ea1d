import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Field } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { formatStatistics } from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/statistics.ts';

const textField: Field = { name: 'text', type: { kind: 'string' }, nullable: true };

function textBounds(min: string, max: string): { min: string; max: string | undefined } {
  const columns = new Map([['text', { nullCount: 0, min, max }]]);
  const { minValues, maxValues } = JSON.parse(formatStatistics({ rows: 1, bytes: 0, columns }, [textField]));
  return { min: minValues.text, max: maxValues.text };
}

describe('formatStatistics', () => {
  it('keeps all digits of integers and decimals', () => {
    const fields: Field[] = [
      { name: 'big', type: { kind: 'int64' }, nullable: false },
      { name: 'price "net"', type: { kind: 'decimal', precision: 38, scale: 2 }, nullable: true },
    ];
    const columns = new Map([
      ['big', { nullCount: 0, min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n }],
      ['price "net"', { nullCount: 2, min: '-0.10', max: '999999999999999999999999999999999999.99' }],
    ]);
    expect(formatStatistics({ rows: 7, bytes: 1, columns }, fields)).toBe(
      '{"numRecords":7,"minValues":{"big":-9223372036854775808,"price \\"net\\"":-0.10},' +
        '"maxValues":{"big":9223372036854775807,"price \\"net\\"":999999999999999999999999999999999999.99},' +
        '"nullCount":{"big":0,"price \\"net\\"":2}}',
    );
  });

  it('leaves out what the protocol has no form for', () => {
    const fields: Field[] = [
      { name: 'double', type: { kind: 'float64' }, nullable: true },
      { name: 'day', type: { kind: 'date' }, nullable: true },
      { name: 'flag', type: { kind: 'boolean' }, nullable: true },
      { name: 'empty', type: { kind: 'int32' }, nullable: true },
    ];
    const columns = new Map([
      ['double', { nullCount: 0, min: Number.NEGATIVE_INFINITY, max: 1.5 }],
      ['day', { nullCount: 0, min: '-infinity', max: '+010000-01-01' }],
      ['flag', { nullCount: 0, min: false, max: true }],
      ['empty', { nullCount: 3 }],
    ]);
    expect(JSON.parse(formatStatistics({ rows: 3, bytes: 1, columns }, fields))).toEqual({
      numRecords: 3,
      minValues: {},
      maxValues: { double: 1.5 },
      nullCount: { double: 0, day: 0, flag: 0, empty: 3 },
    });
  });

  it('cuts long texts such that they still enclose all values', () => {
    expect(textBounds('a'.repeat(33), 'a'.repeat(33))).toEqual({ min: 'a'.repeat(32), max: `${'a'.repeat(31)}b` });
    expect(textBounds('x', `${'a'.repeat(31)}\u{10ffff}b`).max).toBe(`${'a'.repeat(30)}b`);
    expect(textBounds('x', `${'a'.repeat(31)}\ud7ffb`).max).toBe(`${'a'.repeat(31)}\ue000`);
    expect(textBounds('x', '\u{10ffff}'.repeat(40)).max).toBeUndefined();
    const texts = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(texts, (text) => {
        const { min, max } = textBounds(text, text);
        expect(Buffer.from(min).compare(Buffer.from(text))).toBeLessThanOrEqual(0);
        if (max === undefined) return;
        expect(Buffer.from(max).compare(Buffer.from(text))).toBeGreaterThanOrEqual(0);
        expect(Array.from(max).length).toBeLessThanOrEqual(32);
      }),
    );
  });

  it('covers the first 32 columns', () => {
    const fields = Array.from({ length: 40 }, (_, index) => ({ ...textField, name: `c${index}` }));
    const columns = new Map(fields.map(({ name }) => [name, { nullCount: 1 }]));
    const { nullCount } = JSON.parse(formatStatistics({ rows: 1, bytes: 1, columns }, fields));
    expect(Object.keys(nullCount)).toHaveLength(32);
  });
});
