import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HybridDecoder } from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/hybrid-decoding.ts';

interface Run {
  readonly repeat: boolean;
  readonly values: readonly number[];
}

/** A run as the format's specification has it, bit by bit. */
function encode({ repeat, values }: Run, width: number): Buffer {
  if (repeat) return Buffer.concat([varint(values.length * 2), littleEndian(values[0] ?? 0, Math.ceil(width / 8))]);
  const bits = values.flatMap((value) => Array.from({ length: width }, (_, bit) => (value >> bit) & 1));
  const bytes = Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, index) => sum + bit * 2 ** index, 0),
  );
  return Buffer.concat([varint((values.length / 8) * 2 + 1), Buffer.from(bytes)]);
}

function varint(value: number): Buffer {
  return value < 128
    ? Buffer.of(value)
    : Buffer.concat([Buffer.of((value % 128) + 128), varint(Math.floor(value / 128))]);
}

function littleEndian(value: number, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (value >> (8 * index)) & 255));
}

function arbitraryRun(width: number): fc.Arbitrary<Run> {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 });
  const repeated = fc
    .tuple(value, fc.integer({ min: 1, max: 300 }))
    .map(([one, count]) => new Array<number>(count).fill(one));
  const packed = fc
    .integer({ min: 1, max: 5 })
    .chain((groups) => fc.array(value, { minLength: 8 * groups, maxLength: 8 * groups }));
  return fc.oneof(
    repeated.map((values) => ({ repeat: true, values })),
    packed.map((values) => ({ repeat: false, values })),
  );
}

const arbitrary = fc
  .integer({ min: 1, max: 24 })
  .chain((width) =>
    fc.record({ width: fc.constant(width), runs: fc.array(arbitraryRun(width), { minLength: 1, maxLength: 6 }) }),
  );

describe('run-length and bit-packed integers', () => {
  it('are read in parts of any size', () => {
    fc.assert(
      fc.property(arbitrary, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), ({ width, runs }, sizes) => {
        const wanted = runs.flatMap(({ values }) => values);
        const decoder = new HybridDecoder(Buffer.concat(runs.map((run) => encode(run, width))), width);
        const found = new Int32Array(wanted.length);
        for (let at = 0; at < wanted.length; ) {
          const count = Math.min(sizes.next().value, wanted.length - at);
          decoder.read(found, at, count);
          at += count;
        }
        expect([...found]).toEqual(wanted);
      }),
    );
  });

  it('are passed over where they are all the same', () => {
    const bytes = Buffer.concat([
      encode({ repeat: true, values: [1, 1, 1, 1, 1] }, 1),
      encode({ repeat: true, values: [0] }, 1),
    ]);
    const decoder = new HybridDecoder(bytes, 1);
    expect(decoder.takeRun(1, 4)).toBe(true);
    expect(decoder.takeRun(1, 2)).toBe(false);
    const rest = new Uint8Array(2);
    decoder.read(rest, 0, 2);
    expect([...rest]).toEqual([1, 0]);
  });

  it('end where their bytes do', () => {
    fc.assert(
      fc.property(arbitrary, ({ width, runs }) => {
        const count = runs.reduce((sum, { values }) => sum + values.length, 0);
        const bytes = Buffer.concat(runs.map((run) => encode(run, width)));
        const decoder = new HybridDecoder(bytes.subarray(0, bytes.length - 1), width);
        expect(() => decoder.read(new Int32Array(count), 0, count)).toThrow(RangeError);
      }),
    );
  });

  it('without bits are as many zeros as one likes', () => {
    const found = new Int32Array(3).fill(7);
    new HybridDecoder(Buffer.alloc(0), 0).read(found, 0, 3);
    expect([...found]).toEqual([0, 0, 0]);
  });

  it.each([
    ['a run of no values', Buffer.of(0), 1],
    ['a value that has too many bits', Buffer.of(2, 2), 1],
    ['a length without end', Buffer.of(255, 255, 255, 255, 255, 1), 1],
    ['integers that are too wide', Buffer.of(2, 0, 0, 0, 0), 32],
  ])('are refused: %s', (_, bytes, width) => {
    expect(() => new HybridDecoder(bytes, width).read(new Int32Array(1), 0, 1)).toThrow(RangeError);
  });
});
