import { describe, expect, it } from 'vitest';
import { endOfStruct } from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/thrift-struct.ts';

describe('the end of a struct', () => {
  it.each([
    ['nothing', [0]],
    ['numbers', [0x15, 2, 0x16, 0x80, 1, 0x11, 0x12, 0]],
    ['text', [0x18, 3, 1, 2, 3, 0]],
    ['a list of numbers', [0x19, 0x25, 1, 2, 0]],
    ['a long list', [0x19, 0xf3, 16, ...new Array<number>(16).fill(1), 0]],
    ['a struct', [0x1c, 0x15, 2, 0, 0]],
    ['a field with its number written out', [0x05, 40, 2, 0]],
  ])('is found behind %s, and not before', (_, bytes) => {
    const buffer = Buffer.from([9, ...bytes, 9, 9]);
    expect(endOfStruct(buffer, 1)).toBe(1 + bytes.length);
    for (let length = 1; length <= bytes.length; length++) {
      expect(endOfStruct(buffer.subarray(0, length), 1)).toBeUndefined();
    }
  });

  it('is not looked for in lists and texts that are longer than the file', () => {
    expect(endOfStruct(Buffer.from([0x18, 255, 255, 255, 255, 7, 0]), 0)).toBeUndefined();
    expect(endOfStruct(Buffer.from([0x19, 0xf5, 255, 255, 255, 255, 7, 0]), 0)).toBeUndefined();
  });

  it.each([
    ['types that there are not', Buffer.of(0x1d, 0)],
    ['numbers without end', Buffer.alloc(20, 0xff).fill(0x16, 0, 1)],
    ['structs without end', Buffer.alloc(1000, 0x1c)],
  ])('is refused for %s', (_, bytes) => {
    expect(() => endOfStruct(bytes, 0)).toThrow(RangeError);
  });
});
