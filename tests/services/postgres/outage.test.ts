import { beforeEach, describe, expect, it } from 'vitest';
import type { Rejection } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { loaderOf, STREAM, useDatabase } from './database.ts';
import { batchOf, ORDER, orders } from './records.ts';

const database = useDatabase();

/** A table that meets one of its records with an error of the server, in the middle of a batch. */
async function failAtOrder7(state: string): Promise<void> {
  await database.sql(`
    CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.order_id = 7 THEN RAISE EXCEPTION 'as a server says it' USING ERRCODE = '${state}'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER fail BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()`);
}

beforeEach(async () => {
  await database.sql('DROP TABLE IF EXISTS orders, orders__staging, etl_checkpoints CASCADE');
});

async function loadOnce(mode: 'append' | 'merge', state: string) {
  const loader = loaderOf(database.url, 'orders', mode, { key: ['order_id'] });
  await loader.prepare(ORDER);
  await failAtOrder7(state);
  const rejections: Rejection[] = [];
  const outcome = await loader
    .load(batchOf(1, orders(1, 20)), async (refused) => {
      rejections.push(...refused);
    })
    .catch((error: unknown) => error);
  const checkpoint = await loader.checkpoint(STREAM);
  await loader.close();
  return { outcome, rejections, checkpoint };
}

describe.each(['append', 'merge'] as const)('%s', (mode) => {
  it.each([
    ['08006', 'UNAVAILABLE', 'the connection failed'],
    ['25006', 'ACCESS_DENIED', 'the transaction is read-only'],
    ['40001', 'CONFLICT', 'serialization failure'],
    ['40P01', 'CONFLICT', 'deadlock'],
    ['42501', 'ACCESS_DENIED', 'the permission was revoked'],
    ['53100', 'STORAGE', 'the disk is full'],
    ['53200', 'UNAVAILABLE', 'out of memory'],
    ['53300', 'UNAVAILABLE', 'too many connections'],
    ['55P03', 'UNAVAILABLE', 'a lock is not available'],
    ['57014', 'TIMEOUT', 'the statement was cancelled'],
    ['57P01', 'UNAVAILABLE', 'the administrator ends sessions'],
    ['57P03', 'UNAVAILABLE', 'the server is starting'],
    ['58030', 'STORAGE', 'the server cannot read its files'],
    ['XX001', 'INTERNAL', 'the data are damaged'],
  ])('%s is %s and no bad record: %s', async (state, code) => {
    const { outcome, rejections, checkpoint } = await loadOnce(mode, state);
    expect(outcome).toMatchObject({ code });
    expect(rejections).toEqual([]);
    expect(checkpoint).toBeUndefined();
    expect(await database.sql('SELECT FROM orders')).toEqual([]);
  });

  it.each(['22003', '23514', '23503', '44000', '54000'])('%s is a bad record', async (state) => {
    const { outcome, rejections, checkpoint } = await loadOnce(mode, state);
    expect(outcome).toEqual({ written: 19, merged: 0 });
    expect(rejections).toMatchObject([{ record: { order_id: 7 } }]);
    expect(checkpoint).toMatchObject({ sequence: 1 });
  });
});
