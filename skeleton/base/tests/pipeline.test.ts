import { expect, test } from 'vitest';
import { loadDefinitions } from '../src/runtime/config/definitions.ts';
import { loadConfig } from '../src/runtime/config/load.ts';
import { runDefinition } from '../src/runtime/testing/run-definition.ts';
import sample from './sample-orders.json' with { type: 'json' };

test('pipeline.yaml is valid and names definitions that exist', async () => {
  const config = await loadConfig('pipeline.yaml');
  const definitions = await loadDefinitions('src/resources');
  expect(config.resources.orders?.definition ?? 'orders').toBe('orders');
  expect([...definitions.keys()]).toContain('orders');
});

test('the sample orders go through the pipeline, and each one is accounted for', async () => {
  const definitions = await loadDefinitions('src/resources');
  const orders = definitions.get('orders');
  if (orders === undefined) throw new Error('src/resources/orders.ts defines no resource named orders');
  const { written, deadLetters, counts } = await runDefinition(orders, sample);
  expect(counts.read).toBe(sample.length);
  expect(counts.written + counts.deadLettered + counts.merged).toBe(sample.length);
  expect(written.length).toBe(counts.written);
  expect(written.length).toBeGreaterThanOrEqual(8);
  expect(deadLetters.length).toBeGreaterThan(0);
});
