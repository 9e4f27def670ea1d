import { describe, expect, it } from 'vitest';
import { connector } from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/index.ts';

const context = { resource: 'orders', stream: 'orders/orders', mode: 'append', key: [], writer: 'this run' } as const;
const create = (sink: unknown, mode: 'append' | 'replace' | 'merge' = 'append') =>
  connector.createLoader?.({ path: './data/lake' }, sink, { ...context, mode });

describe('the delta connector', () => {
  it('joins the path of the connection and the table', () => {
    expect(create({ table: 'sales/orders' })?.describe()).toBe('data/lake/sales/orders');
  });

  it('does not merge, and says so before anything runs', () => {
    expect(() => create({ table: 'orders' }, 'merge')).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', hint: 'Use mode append or replace.' }),
    );
  });

  it.each(['', '/etc', '..', 'a/../b', './a', 'a//b', 'a\\b'])('takes no table that is called %j', (table) => {
    expect(() => create({ table })).toThrow('is not a folder name like orders or sales/orders');
  });

  it('takes a column to partition by once, and no option that it does not know', () => {
    expect(() => create({ table: 'orders', partitionBy: ['day', 'day'] })).toThrow('names a column twice');
    expect(() => create({ table: 'orders', compression: 'zstd' })).toThrow('compression');
  });
});
