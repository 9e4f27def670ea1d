import { beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Field, LogicalType, TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { Deltalake } from './deltalake.ts';
import { load, tableFolder } from './loading.ts';

const folder = await tableFolder();
let deltalake: Deltalake;
beforeAll(async () => {
  deltalake = await Deltalake.install();
});

const field = (name: string, type: LogicalType, nullable = true): Field => ({ name, type, nullable });
const long = 'ü'.repeat(40);

const everyType: TableSchema = {
  fields: [
    field('id', { kind: 'int64' }, false),
    field('flag', { kind: 'boolean' }),
    field('small', { kind: 'int16' }),
    field('whole', { kind: 'int32' }),
    field('single', { kind: 'float32' }),
    field('double', { kind: 'float64' }),
    field('price', { kind: 'decimal', precision: 12, scale: 2 }),
    field('huge', { kind: 'decimal', precision: 38, scale: 10 }),
    field('any', { kind: 'decimal' }),
    field('text', { kind: 'string' }),
    field('document', { kind: 'json' }),
    field('key', { kind: 'uuid' }),
    field('bytes', { kind: 'binary' }),
    field('day', { kind: 'date' }),
    field('clock', { kind: 'time' }),
    field('at', { kind: 'timestamp', zone: true }),
    field('local', { kind: 'timestamp', zone: false }),
  ],
};
const lowest: Row = {
  id: -(2n ** 63n),
  flag: false,
  small: -32_768,
  whole: -2_147_483_648,
  single: -1.5,
  double: -1e300,
  price: '-9999999999.99',
  huge: '-9999999999999999999999999999.9999999999',
  any: '-1e30',
  text: '',
  document: { a: [1, 'ö', null] },
  key: '00000000-0000-4000-8000-00000000000a',
  bytes: Buffer.from([0, 1, 255]),
  day: '0001-01-01',
  clock: '00:00:00',
  at: '1900-01-01T00:00:00.000001Z',
  local: '1900-01-01T00:00:00.000001',
};
const highest: Row = {
  ...lowest,
  id: 2n ** 63n - 1n,
  flag: true,
  small: 32_767,
  whole: 2_147_483_647,
  single: 1.5,
  double: 1e300,
  price: '9999999999.99',
  huge: '9999999999999999999999999999.9999999999',
  text: long,
  day: '9999-12-31',
  clock: '23:59:59.999999',
  at: '2262-04-11T23:47:16.854775Z',
  local: '2262-04-11T23:47:16.854775',
};

describe('a table read by deltalake', () => {
  it('has every type at both ends of its range, and NULL', async () => {
    const path = folder('types');
    await load(path, everyType, [[lowest, { id: 0 }, highest]]);
    const { rows, schema, protocol, actions } = await deltalake.read(path);
    expect(Object.fromEntries(schema.map(({ name, type }) => [name, type]))).toEqual({
      id: 'long',
      flag: 'boolean',
      small: 'short',
      whole: 'integer',
      single: 'float',
      double: 'double',
      price: 'decimal(12,2)',
      huge: 'decimal(38,10)',
      any: 'string',
      text: 'string',
      document: 'string',
      key: 'string',
      bytes: 'binary',
      day: 'date',
      clock: 'string',
      at: 'timestamp',
      local: 'timestamp_ntz',
    });
    expect(schema.filter(({ nullable }) => !nullable).map(({ name }) => name)).toEqual(['id']);
    expect(protocol).toEqual([3, 7, ['timestampNtz']]);
    const asText = (row: Row, more: Row) => ({
      ...row,
      id: Number(row.id),
      document: '{"a":[1,"ö",null]}',
      any: `-1${'0'.repeat(30)}`,
      bytes: '0001ff',
      ...more,
    });
    expect(rows).toEqual([
      asText(lowest, { at: '1900-01-01T00:00:00.000001+00:00' }),
      { ...Object.fromEntries(everyType.fields.map(({ name }) => [name, null])), id: 0 },
      asText(highest, { at: '2262-04-11T23:47:16.854775+00:00' }),
    ]);
    expect(actions).toMatchObject([
      {
        num_records: 3,
        'null_count.id': 0,
        'null_count.bytes': 1,
        'min.small': -32_768,
        'max.small': 32_767,
        'min.price': '-9999999999.99',
        'max.huge': '9999999999999999999999999999.9999999999',
        'min.text': '',
        'max.text': `${'ü'.repeat(31)}ý`,
        'min.day': '0001-01-01',
        'max.day': '9999-12-31',
        'min.at': '1900-01-01T00:00:00.000001+00:00',
        'max.local': '2262-04-11T23:47:16.854775',
      },
    ]);
  });

  it('has the oldest protocol unless a column asks for more', async () => {
    const path = folder('protocol');
    const schema = { fields: everyType.fields.filter(({ name }) => name !== 'local') };
    await load(path, schema, [[lowest]]);
    expect((await deltalake.read(path)).protocol).toEqual([1, 2, []]);
  });

  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ id: from + index }));
  const onlyIds: TableSchema = { fields: [field('id', { kind: 'int64' }, false)] };
  const idsAt = async (path: string, version?: number) =>
    (await deltalake.read(path, version === undefined ? {} : { version })).rows.map(({ id }) => id);

  it('can be read as it was at each version', async () => {
    const path = folder('versions');
    await load(path, onlyIds, [ids(0, 3), ids(3, 5)]);
    await load(path, onlyIds, [ids(5, 6)]);
    await load(path, onlyIds, [ids(90, 92)], { mode: 'replace' });
    const { version, history } = await deltalake.read(path);
    expect(version).toBe(3);
    expect(history).toEqual(['WRITE', 'WRITE', 'WRITE', 'CREATE TABLE']);
    expect(await idsAt(path, 0)).toEqual([]);
    expect(await idsAt(path, 1)).toEqual([0, 1, 2, 3, 4]);
    expect(await idsAt(path, 2)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await idsAt(path, 3)).toEqual([90, 91]);
  });

  it('is emptied by a replacement with nothing', async () => {
    const path = folder('emptied');
    await load(path, onlyIds, [ids(0, 3)]);
    await load(path, onlyIds, [], { mode: 'replace' });
    expect(await idsAt(path)).toEqual([]);
  });

  it('keeps its rows when columns are added, of which older rows have NULL', async () => {
    const path = folder('evolved');
    await load(path, onlyIds, [ids(0, 1)]);
    const { loader } = await load(path, onlyIds, [ids(1, 2)]);
    const added = [field('note', { kind: 'string' }), field('seen', { kind: 'timestamp', zone: false })];
    await loader.evolve(added);
    await loader.evolve(added);
    await load(path, { fields: [...onlyIds.fields, ...added] }, [
      [{ id: 2, note: 'new', seen: '2026-01-31T12:00:00' }],
    ]);
    const { rows, protocol, history } = await deltalake.read(path);
    expect(rows).toEqual([
      { id: 0, note: null, seen: null },
      { id: 1, note: null, seen: null },
      { id: 2, note: 'new', seen: '2026-01-31T12:00:00.000000' },
    ]);
    expect(protocol).toEqual([3, 7, ['timestampNtz']]);
    expect(history.filter((operation) => operation === 'ADD COLUMNS')).toHaveLength(1);
  });

  it('can be written by deltalake too, in turn', async () => {
    const path = folder('in-turn');
    await load(path, onlyIds, [ids(0, 2)]);
    await deltalake.run('append', path, { rows: ids(2, 4) });
    await load(path, onlyIds, [ids(4, 6)]);
    await deltalake.run('append', path, { rows: ids(6, 7) });
    expect(await idsAt(path)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('may have been made by deltalake', async () => {
    const path = folder('theirs');
    await deltalake.run('create', path, { rows: [{ id: 1, name: 'theirs', price: 1.5 }] });
    const schema: TableSchema = {
      fields: [field('id', { kind: 'int64' }), field('name', { kind: 'string' }), field('price', { kind: 'float64' })],
    };
    await load(path, schema, [[{ id: 2, name: 'ours', price: 2.5 }]]);
    expect((await deltalake.read(path)).rows).toEqual([
      { id: 1, name: 'theirs', price: 1.5 },
      { id: 2, name: 'ours', price: 2.5 },
    ]);
  });

  it('is refused once deltalake gave it a constraint that we cannot check', async () => {
    const path = folder('constrained');
    await load(path, onlyIds, [ids(0, 1)]);
    await deltalake.run('constrain', path, { constraints: { positive: 'id >= 0' } });
    await expect(load(path, onlyIds, [ids(1, 2)])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringMatching(/asks its writers for (writer version 3|checkConstraints)/),
    });
    expect(await idsAt(path)).toEqual([0]);
  });
});
