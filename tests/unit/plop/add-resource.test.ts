import { describe, expect, it } from 'vitest';
import { addResource } from '../../../skeleton/base/plop/add-resource.ts';

const PIPELINE = `# yaml-language-server: $schema=./src/runtime/config/pipeline.schema.json
name: orders

connections:
  shop: { type: postgres, url: "\${SHOP_DATABASE_URL}" } # the shop
  orders: { type: files, path: "\${LAKE_PATH:-./data/lake}" }

# What is moved.
resources:
  orders:
    definition: orders
    source: { connection: shop, table: public.orders }
    sink: { connection: orders, path: orders/new_orders/*.csv, mode: merge, key: [order_id] }
    incremental: { cursor: changed, key: [order_id], lag: 1h } # late commits
    batchSize: 20000

alerts:
  deadLetters: 1
`;

describe('adding a resource to pipeline.yaml', () => {
  it('copies the first one under the new name and leaves the rest as it is', () => {
    const added = `
  customers:
    source: { connection: shop, table: public.customers }
    sink: { connection: orders, path: customers/new_orders/*.csv, mode: merge, key: [id] }
    incremental: { cursor: updated_at, key: [id], lag: 1h } # late commits
    batchSize: 20000
`;
    const [before = '', after = ''] = PIPELINE.split('\nalerts:');
    expect(addResource(PIPELINE, 'customers')).toBe(`${before}${added}\nalerts:${after}`);
  });

  it('adds to a file that ends with its resources', () => {
    const [resources = ''] = PIPELINE.split('\n\nalerts:');
    const added = addResource(resources, 'customers');
    expect(added.startsWith(`${resources}\n\n  customers:\n    source:`)).toBe(true);
    expect(addResource(added, 'refunds').startsWith(added)).toBe(true);
  });

  it('refuses a name that is taken', () => {
    expect(() => addResource(PIPELINE, 'orders')).toThrow('pipeline.yaml has a resource orders already.');
  });

  it('says so where there is nothing to copy', () => {
    expect(() => addResource('name: orders\n', 'customers')).toThrow('pipeline.yaml has no resource');
  });
});
