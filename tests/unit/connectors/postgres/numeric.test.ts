import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatScaled } from '../../../../skeleton/base/src/runtime/columns/decimals.ts';
import {
  countGroups,
  numericTextSize,
  readScaled,
  readScaledBigInt,
  scaledLayout,
  textNumericSize,
  WIDE_GROUPS,
  writeNumericText,
  writeScaled,
  writeTextNumeric,
  writeWideScaled,
} from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/numeric.ts';

const bytes = Buffer.alloc(1 << 16);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function encode(text: string): Buffer {
  const source = Buffer.from(` ${text} `, 'latin1');
  const end = writeTextNumeric(view, 0, source, 1, source.length - 1);
  expect(end).toBe(textNumericSize(source, 1, source.length - 1));
  return bytes.subarray(0, end);
}

function decode(): string {
  const target = Buffer.alloc(numericTextSize(view, 0));
  return target.toString('latin1', 0, writeNumericText(view, 0, target, 0));
}

const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${maxLength}}$`));
const decimalText = fc
  .tuple(fc.constantFrom('', '-'), fc.constantFrom('0', '1', '9999', '10000'), digits(80), digits(80))
  .map(([sign, first, whole, fraction]) => {
    const integer = (first + whole).replace(/^0+(?=\d)/, '');
    const negative = sign === '-' && /[1-9]/.test(integer + fraction) ? '-' : '';
    return `${negative}${integer}${fraction === '' ? '' : `.${fraction}`}`;
  });

it('brings decimals of any size through the binary form unchanged', () => {
  fc.assert(
    fc.property(decimalText, (text) => {
      encode(text);
      expect(decode()).toBe(text);
    }),
  );
});

it.each(['NaN', 'Infinity', '-Infinity'])('knows %s', (text) => {
  expect(encode(text)).toHaveLength(8);
  expect(decode()).toBe(text);
  expect(readScaled(view, 0, 2)).toBeNaN();
  expect(readScaledBigInt(view, 0, 2)).toBeUndefined();
});

it('lays out digits as PostgreSQL does', () => {
  expect(encode('-12345.678').toString('hex')).toBe('0003000140000003000109291a7c');
  expect(encode('0.00005').toString('hex')).toBe('0003000000000005000000001388');
});

const scale = fc.integer({ min: 0, max: 18 });

it('brings scaled 64-bit numbers through, whatever their size', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.integer({ min: 0, max: 60 }),
      scale,
      (large, shift, places) => {
        const value = large >> BigInt(shift);
        const layout = scaledLayout(places);
        writeWideScaled(view, 0, Number(value >> 32n), Number(BigInt.asIntN(32, value)), layout);
        expect(readScaledBigInt(view, 0, places)).toBe(value);
        const magnitude = Math.abs(Number(value)) * layout.factor;
        if (magnitude > Number.MAX_SAFE_INTEGER) return;
        const groups = countGroups(magnitude);
        expect(groups).toBeLessThan(WIDE_GROUPS);
        writeScaled(view, 0, magnitude, value < 0n, groups, layout);
        expect(readScaledBigInt(view, 0, places)).toBe(value);
        expect(readScaled(view, 0, places) + 0).toBe(Number(value));
        expect(decode().replace(/^(-?)0+(?=\d)/, '$1')).toBe(formatScaled(value, places));
      },
    ),
  );
});

it('knows the longest decimals that PostgreSQL has', () => {
  const text = `${'9'.repeat(131_072)}.${'8'.repeat(16_383)}`;
  const target = Buffer.alloc(1 << 20);
  const wide = new DataView(target.buffer, target.byteOffset, target.length);
  writeTextNumeric(wide, 0, Buffer.from(text, 'latin1'), 0, text.length);
  const back = Buffer.alloc(numericTextSize(wide, 0));
  expect(back.toString('latin1', 0, writeNumericText(wide, 0, back, 0))).toBe(text);
});

it('never gives a wrong number where a number is not exact', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), scale, (value, places) => {
      encode(formatScaled(value, places));
      const number = readScaled(view, 0, places);
      if (!Number.isNaN(number)) expect(BigInt(number)).toBe(value);
      expect(readScaledBigInt(view, 0, places)).toBe(value);
    }),
  );
});
