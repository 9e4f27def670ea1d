import { beforeAll, describe, expect, it } from 'vitest';
import type { Field, LogicalType, TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { Deltalake } from './deltalake.ts';
import { load, tableFolder } from './loading.ts';

const folder = await tableFolder();
let deltalake: Deltalake;
beforeAll(async () => {
  deltalake = await Deltalake.install();
});

const field = (name: string, type: LogicalType): Field => ({ name, type, nullable: true });
const schema: TableSchema = {
  fields: [field('id', { kind: 'int64' }), field('country', { kind: 'string' }), field('day', { kind: 'date' })],
};
const days = ['2026-01-30', '2026-01-31', null];
const countries = ['DE', 'AT', null, 'a/b c=ü%20', '..', 'x\'"{}\\?*'];
const records = Array.from({ length: 90 }, (_, id) => ({
  id,
  country: countries[id % countries.length] ?? null,
  day: days[id % days.length] ?? null,
}));

describe('a partitioned table', () => {
  it('has a file a partition, and all values and NULLs, whatever characters they have', async () => {
    const path = folder('partitioned');
    await load(path, schema, [records.slice(0, 40), records.slice(40)], { partitionBy: ['country', 'day'] });
    const { rows, partitionColumns, files } = await deltalake.read(path);
    expect(partitionColumns).toEqual(['country', 'day']);
    expect(rows).toEqual(records);
    const partitions = new Set(records.map(({ country, day }) => `${country} ${day}`));
    expect(files).toHaveLength(partitions.size);
  });

  it('lets readers leave out the files of other partitions', async () => {
    const path = folder('pruned');
    await load(path, schema, [records], { partitionBy: ['country'] });
    const where = [['country', '=', 'a/b c=ü%20']] as const;
    const { rows, files, actions } = await deltalake.read(path, { partitions: where, where });
    expect(actions).toHaveLength(countries.length);
    expect(files).toHaveLength(1);
    expect(rows).toEqual(records.filter(({ country }) => country === 'a/b c=ü%20'));
  });

  it('refuses an empty text, which Delta would give back as NULL', async () => {
    const path = folder('empty-text');
    const { rejections } = await load(
      path,
      schema,
      [
        [
          { id: 1, country: '' },
          { id: 2, country: 'DE' },
        ],
      ],
      {
        partitionBy: ['country'],
      },
    );
    expect(rejections).toEqual([
      {
        record: { id: 1, country: '', day: null },
        rowNumber: undefined,
        column: 'country',
        message: 'is empty, which Delta cannot keep in a partition column',
      },
    ]);
    expect((await deltalake.read(path)).rows).toEqual([{ id: 2, country: 'DE', day: null }]);
  });

  it('may be divided by any type that makes a name', async () => {
    const types: readonly (readonly [string, LogicalType, unknown, unknown])[] = [
      ['flag', { kind: 'boolean' }, true, true],
      ['whole', { kind: 'int32' }, -7, -7],
      ['big', { kind: 'int64' }, 2n ** 53n, 2 ** 53],
      ['double', { kind: 'float64' }, 0.1, 0.1],
      ['price', { kind: 'decimal', precision: 12, scale: 2 }, '1.50', '1.50'],
      ['at', { kind: 'timestamp', zone: true }, '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123456+00:00'],
      ['local', { kind: 'timestamp', zone: false }, '2026-01-31T12:00:00', '2026-01-31T12:00:00.000000'],
      ['long', { kind: 'string' }, 'x'.repeat(300), 'x'.repeat(300)],
    ];
    const path = folder('types');
    const all = { fields: [field('id', { kind: 'int64' }), ...types.map(([name, type]) => field(name, type))] };
    const given = Object.fromEntries(types.map(([name, , value]) => [name, value]));
    await load(path, all, [[{ id: 1, ...given }, { id: 2 }]], { partitionBy: types.map(([name]) => name) });
    expect((await deltalake.read(path)).rows).toEqual([
      { id: 1, ...Object.fromEntries(types.map(([name, , , value]) => [name, value])) },
      { id: 2, ...Object.fromEntries(types.map(([name]) => [name, null])) },
    ]);
  });

  it('takes more partitions in a batch than files may be open', async () => {
    const path = folder('many');
    const many = Array.from({ length: 400 }, (_, id) => ({ id, country: `c${id % 200}`, day: null }));
    await load(path, schema, [many], { partitionBy: ['country'] });
    expect((await deltalake.read(path)).rows).toEqual(many);
  });
});
