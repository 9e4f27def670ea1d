import { beforeEach, describe, expect, it } from 'vitest';
import type { WriteMode } from '../../../skeleton/base/src/runtime/connectors/connector.ts';
import { retryTransient } from '../../../skeleton/base/src/runtime/pipeline/retry.ts';
import type { PostgresLoader } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/loader.ts';
import { loaderOf, STREAM, useDatabase } from './database.ts';
import { batchOf, ORDER, orders } from './records.ts';

const database = useDatabase();
beforeEach(async () => {
  await database.sql('DROP TABLE IF EXISTS orders, orders__staging, etl_checkpoints CASCADE');
});

const [first, second] = ['0199c0de-0000-7000-8000-000000000001', '0199c0de-0000-7000-8000-000000000002'] as const;
const fenced = { code: 'FENCED', exitCode: 75, message: expect.stringContaining(`Run ${second} has taken over`) };
const refuseNone = async () => {
  throw new Error('No record is refused here.');
};

function loaderFor(writer: string, mode: WriteMode, isOver?: (writer: string) => Promise<boolean>): PostgresLoader {
  const key = mode === 'merge' ? ['order_id'] : [];
  return loaderOf(database.url, 'orders', mode, { writer, key, ...(isOver && { isOver }) });
}

/** As the pipeline calls a sink. */
const call = <T>(work: () => Promise<T>): Promise<T> => retryTransient(work, { within: 30_000 });

async function numbers(): Promise<number[]> {
  const rows = await database.sql<{ order_id: string }>('SELECT order_id FROM orders ORDER BY order_id');
  return rows.map(({ order_id }) => Number(order_id));
}

describe.each(['append', 'merge', 'replace'] as const)('a run that another one has taken over: %s', (mode) => {
  it('is ended by the server, and refused while the other one loads and afterwards', async () => {
    const zombie = loaderFor(first, mode);
    await zombie.checkpoint(STREAM);
    await zombie.prepare(ORDER);
    await zombie.load(batchOf(1, orders(1, 2)), refuseNone);
    const asked: string[] = [];
    const next = loaderFor(second, mode, async (writer) => {
      asked.push(writer);
      return true;
    });
    const reached = (await next.checkpoint(STREAM))?.sequence;
    expect(reached).toBe(mode === 'replace' ? undefined : 1);
    await next.prepare(ORDER);
    expect(asked).toEqual([first]);
    await expect(call(() => zombie.load(batchOf(2, orders(98, 98)), refuseNone))).rejects.toMatchObject(fenced);
    await next.load(batchOf(mode === 'replace' ? 1 : 2, orders(3, 4)), refuseNone);
    await expect(call(() => zombie.load(batchOf(3, orders(99, 99)), refuseNone))).rejects.toMatchObject(fenced);
    await next.finish(true);
    await next.close();
    await expect(call(() => zombie.load(batchOf(4, orders(99, 99)), refuseNone))).rejects.toMatchObject(fenced);
    await expect(call(() => zombie.finish(true))).rejects.toMatchObject(fenced);
    await zombie.close();
    expect(await numbers()).toEqual(mode === 'replace' ? [3, 4] : [1, 2, 3, 4]);
    expect(await next.checkpoint(STREAM)).toMatchObject({ sequence: mode === 'replace' ? 1 : 2, complete: true });
  });

  it('is not, when nobody knows that it is over', async () => {
    const running = loaderFor(first, mode);
    await running.prepare(ORDER);
    const other = loaderFor(second, mode, async () => false);
    await expect(other.prepare(ORDER)).rejects.toMatchObject({ code: 'LOCKED' });
    await other.close();
    await running.load(batchOf(1, orders(1, 1)), refuseNone);
    await running.finish(true);
    await running.close();
    expect(await numbers()).toEqual([1]);
  });
});

describe('the table of checkpoints', () => {
  it('has a row without a position of a run that was killed before its first commit', async () => {
    const killed = loaderFor(first, 'append');
    await killed.prepare(ORDER);
    await killed.close();
    const next = loaderFor(second, 'append');
    expect(await next.checkpoint(STREAM)).toBeUndefined();
    expect(await next.streams(STREAM)).toEqual([]);
    await next.close();
  });

  it('of an earlier version is brought up to date in place', async () => {
    await database.sql(`
      CREATE TABLE etl_checkpoints (stream text PRIMARY KEY, sequence bigint NOT NULL, position jsonb NOT NULL,
        complete boolean NOT NULL, updated_at timestamp with time zone NOT NULL);
      INSERT INTO etl_checkpoints VALUES ('${STREAM}', 7, '{"at": 7}', false, now())`);
    const loader = loaderFor(first, 'append');
    expect(await loader.check()).toContainEqual({
      name: 'checkpoints',
      ok: true,
      detail: 'public.etl_checkpoints will get the columns of this version',
    });
    const checkpoint = { sequence: 7, position: { at: 7 }, complete: false };
    expect(await loader.checkpoint(STREAM)).toEqual(checkpoint);
    await Promise.all([
      loader.prepare(ORDER),
      loaderOf(database.url, 'orders', 'append', { stream: 'b' }).prepare(ORDER),
    ]);
    expect(await loader.checkpoint(STREAM)).toEqual(checkpoint);
    await loader.close();
    expect(await database.sql('SELECT stream, writer FROM etl_checkpoints WHERE sequence = 7')).toEqual([
      { stream: STREAM, writer: first },
    ]);
  });

  it('of an earlier version and another owner says what the owner has to run', async () => {
    await database.sql(`
      CREATE TABLE etl_checkpoints (stream text PRIMARY KEY, sequence bigint NOT NULL, position jsonb NOT NULL,
        complete boolean NOT NULL, updated_at timestamp with time zone NOT NULL);
      CREATE TABLE orders (order_id bigint, total numeric, note text);
      DO $$ BEGIN CREATE ROLE fencing_guest LOGIN PASSWORD 'guest-password'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT ALL ON etl_checkpoints, orders TO fencing_guest`);
    const guest = loaderOf(database.as({ user: 'fencing_guest', password: 'guest-password' }), 'orders', 'append');
    expect(await guest.check()).toContainEqual(
      expect.objectContaining({
        name: 'checkpoints',
        ok: false,
        code: 'ACCESS_DENIED',
        detail: expect.stringContaining('ALTER TABLE "public"."etl_checkpoints" ADD COLUMN IF NOT EXISTS writer text'),
      }),
    );
    await guest.close();
    await database.sql('DROP OWNED BY fencing_guest; DROP ROLE fencing_guest');
  });
});
