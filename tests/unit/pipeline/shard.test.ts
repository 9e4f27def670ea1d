import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShard, parseShard, shardCountIn, shardName } from '../../../skeleton/base/src/runtime/pipeline/shard.ts';
import { isInShard } from '../../../skeleton/connectors/files/src/runtime/connectors/files/source-files.ts';

describe('the name of a shard', () => {
  it('is read as it is written', () => {
    const shards = fc
      .record({ index: fc.nat(31), count: fc.integer({ min: 1, max: 32 }) })
      .filter(({ index, count }) => index < count);
    fc.assert(
      fc.property(shards, (shard) => {
        expect(parseShard(formatShard(shard))).toEqual(shard);
        expect(shardCountIn(shardName('shop/orders', shard), 'shop/orders')).toBe(shard.count);
      }),
    );
  });

  it('is that of the resource where it is not split', () => {
    expect(shardName('orders', undefined)).toBe('orders');
    expect(shardCountIn('orders', 'orders')).toBe(1);
  });

  it.each(['orders_to_lake', 'order', 'orders#', 'orders#0of2/replay-1', 'orders/replay-0', 'orders#aof2'])(
    'is not %s',
    (name) => {
      expect(shardCountIn(name, 'orders')).toBeUndefined();
    },
  );

  it.each(['2/2', '1', '1/', '/2', '-1/2', '0/0', '1of2', '0/2000'])('--shard %s is refused', (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });
});

describe('the files of a shard', () => {
  it('are a partition: each file is in exactly one shard, whatever other files there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 32 }), (name, count) => {
        const shards = Array.from({ length: count }, (_, index) => isInShard(name, { index, count }));
        expect(shards.filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('stay where they are with every version: another assignment would lose and double files', () => {
    const names = ['orders/2026-01.csv', 'orders/2026-02.csv', 'orders/2026-03.csv', 'orders/2026-04.csv'];
    expect(names.map((name) => isInShard(name, { index: 0, count: 2 }))).toMatchInlineSnapshot(`
      [
        false,
        false,
        false,
        true,
      ]
    `);
    expect(names.map((name) => isInShard(name, { index: 1, count: 3 }))).toMatchInlineSnapshot(`
      [
        true,
        true,
        false,
        false,
      ]
    `);
  });

  it('are spread evenly', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `orders/${index}.parquet`);
    for (const index of [0, 1, 2, 3]) {
      expect(names.filter((name) => isInShard(name, { index, count: 4 })).length).toBeGreaterThan(200);
    }
  });
});
