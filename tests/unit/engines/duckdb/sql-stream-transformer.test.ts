import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import { resource } from '../../../../skeleton/base/src/runtime/resource.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { runDefinition } from '../../../../skeleton/base/src/runtime/testing/run-definition.ts';
import { SqlStreamTransformer } from '../../../../skeleton/engines/duckdb/src/runtime/engines/duckdb/index.ts';
import { columnsOf, InlineStream } from './inline.ts';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'duckdb-')), 'spill');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

/** More than one batch of the tests' source. */
const RECORDS = 3500;
const rows = Array.from({ length: RECORDS }, (_, id) => ({ id, key: id % 100, name: `customer ${id % 100}` }));

describe('SqlStreamTransformer', () => {
  it('works on the records of all batches', async () => {
    const sql = 'SELECT key, count(*) AS records, max(id) AS last FROM stream GROUP BY key ORDER BY key';
    const definition = resource('orders').transform(new InlineStream(sql, { effect: 'merge', folder }));
    const { written, counts } = await runDefinition(definition, rows);
    expect(counts).toMatchObject({ read: RECORDS, written: 100, merged: RECORDS - 100, batches: 4 });
    expect(written).toEqual(Array.from({ length: 100 }, (_, key) => ({ key, records: 35, last: 3400 + key })));
  });

  it.each([
    [
      'map',
      'SELECT *, row_number() OVER (ORDER BY id DESC) AS rank FROM stream ORDER BY id DESC',
      { written: RECORDS },
    ],
    [
      'filter',
      'SELECT * FROM stream QUALIFY row_number() OVER (PARTITION BY key ORDER BY id) = 1',
      { filtered: RECORDS - 100, written: 100 },
    ],
    [
      'expand',
      'SELECT a.id, b.id AS other FROM stream a JOIN stream b USING (key)',
      { expanded: 34 * RECORDS, written: 35 * RECORDS },
    ],
  ] as const)('accounts for the stream of a statement that says it does %s', async (effect, sql, counts) => {
    const run = await runDefinition(resource('orders').transform(new InlineStream(sql, { effect, folder })), rows);
    expect(run.counts).toMatchObject({ read: RECORDS, ...counts });
  });

  it('fails the run when the statement does something else', async () => {
    const definition = resource('orders').transform(new InlineStream('SELECT * FROM stream WHERE id > 0', { folder }));
    await expect(runDefinition(definition, rows)).rejects.toMatchObject({
      code: 'UNRECONCILED',
      message: `InlineStream was given ${RECORDS} records and made ${RECORDS - 1}.`,
    });
  });

  it('stands between other steps, whose dead letters are the same as ever', async () => {
    class TotalsByKey extends SqlStreamTransformer<{ id: number; key: number }, { key: number; total: number }> {
      override readonly effect = 'merge';
      override readonly folder = folder;
      readonly sql = 'SELECT key, sum(id)::BIGINT AS total FROM stream GROUP BY key';
    }
    const definition = resource('orders')
      .from(z.object({ id: z.int(), key: z.int().max(98) }))
      .transform(new TotalsByKey())
      .to(z.object({ key: z.int().min(1), total: z.int() }));
    const { written, deadLetters, counts } = await runDefinition(definition, rows);
    expect(counts).toMatchObject({ read: RECORDS, deadLettered: 36, written: 98 });
    expect(written.length).toBe(98);
    expect(deadLetters.map(({ stage, component }) => `${stage} ${component}`)).toEqual([
      ...Array.from({ length: 4 }, () => 'contract from'),
      'contract to',
    ]);
    const sequences = deadLetters.map(({ batch }) => batch.sequence);
    expect(sequences).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives nothing of no records, and replaces with nothing where nothing is left', async () => {
    const counting = new InlineStream('SELECT count(*) AS records FROM stream', { effect: 'merge', folder });
    expect((await runDefinition(resource('orders').transform(counting), [])).counts).toMatchObject({ written: 0 });
    const none = new InlineStream('SELECT * FROM stream WHERE id < 0', { effect: 'filter', folder });
    const { counts } = await runDefinition(resource('orders').transform(none), rows);
    expect(counts).toMatchObject({ filtered: RECORDS, written: 0 });
  });

  it('fails the run on a record that the statement cannot work on: none can be set aside', async () => {
    const definition = resource('orders').transform(
      new InlineStream('SELECT name::INTEGER AS name FROM stream', { folder }),
    );
    await expect(runDefinition(definition, rows)).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining("InlineStream cannot work on the stream: Could not convert string 'customer"),
      hint: expect.stringContaining('check them in a step before'),
    });
  });

  it('writes what is beyond its memory to files, and removes them', async () => {
    const schema: TableSchema = {
      fields: [
        { name: 'id', type: { kind: 'int64' }, nullable: true },
        { name: 'note', type: { kind: 'string' }, nullable: true },
      ],
    };
    const sql = 'SELECT * FROM stream ORDER BY hash(id), id';
    const work = await new InlineStream(sql, { folder, memoryLimit: '100MB' }).open('shop/orders', schema);
    const total = 400_000;
    for (let start = 0; start < total; start += 20_000) {
      const some = Array.from({ length: 20_000 }, (_, index) => ({
        id: start + index,
        note: `${'a note of two hundred bytes '.repeat(8)}${start + index}`,
      }));
      await work.take(columnsOf(schema, some));
    }
    const seen = new Uint8Array(total);
    let parts = 0;
    for await (const part of work.give(20_000)) {
      parts += 1;
      if (parts === 1) expect(readdirSync(join(folder, 'shop/orders')).length).toBeGreaterThan(0);
      expect(part.length).toBeLessThanOrEqual(20_000);
      for (const { id, note } of rowsFromColumns<{ id: number; note: string }>(part)) {
        seen[id] = (seen[id] ?? 0) + 1;
        if (!note.endsWith(` ${id}`)) throw new Error(`${id} has the note of another record: ${note}`);
      }
    }
    await work.close();
    expect(parts).toBeGreaterThanOrEqual(20);
    expect(seen.every((times) => times === 1)).toBe(true);
    expect(existsSync(join(folder, 'shop/orders'))).toBe(false);
  });

  it('fails the run where a record is larger than its memory', async () => {
    const large = Array.from({ length: 1000 }, (_, id) => ({ id, note: 'a note '.repeat(2000) }));
    const sql = "SELECT string_agg(note, '') || string_agg(note, ',') AS note FROM stream";
    const definition = resource('orders').transform(
      new InlineStream(sql, { effect: 'merge', folder, memoryLimit: '16MB' }),
    );
    await expect(runDefinition(definition, large)).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringMatching(/^InlineStream needs more memory than it may take: [^;]*$/),
    });
  });

  it('may be closed before all of its result was taken', async () => {
    const schema: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: true }] };
    const work = await new InlineStream('SELECT * FROM stream', { folder }).open('shop/orders', schema);
    await work.take(columnsOf(schema, rows));
    for await (const part of work.give(2048)) {
      expect(part.length).toBe(2048);
      break;
    }
    await work.close();
    expect(existsSync(join(folder, 'shop/orders'))).toBe(false);
  });

  it('removes what a killed run left', async () => {
    const left = join(folder, 'shop/orders');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'duckdb_temp_storage_DEFAULT-0.tmp'), 'half of a block');
    const work = await new InlineStream('SELECT * FROM stream', { folder }).open('shop/orders', {
      fields: [{ name: 'id', type: { kind: 'int64' }, nullable: true }],
    });
    expect(readdirSync(left)).toEqual([]);
    await work.close();
  });

  it('says that it may not write to its folder before it takes a record', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file');
    const opened = new InlineStream('SELECT * FROM stream', { folder }).open('shop/orders', { fields: [] });
    await expect(opened).rejects.toMatchObject({ name: 'PipelineError' });
  });

  it('finds a wrong statement before a record moves', async () => {
    const schema: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: true }] };
    await expect(new InlineStream('SELECT * FROM batch', { folder }).check(schema)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('Table with name batch does not exist!'),
    });
  });
});
