import { describe, expect, it } from 'vitest';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import { PipelineError } from '../../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { describeType, type TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  type DataFrame,
  FrameTransformer,
  pl,
} from '../../../../skeleton/engines/polars/src/runtime/engines/polars/index.ts';
import { loadPolars } from '../../../../skeleton/engines/polars/src/runtime/engines/polars/polars.ts';

class Inline extends FrameTransformer<Row, Row> {
  readonly #work: (frame: DataFrame) => DataFrame;

  constructor(work: (frame: DataFrame) => DataFrame) {
    super();
    this.#work = work;
  }

  override transformFrame(frame: DataFrame): DataFrame {
    return this.#work(frame);
  }
}

const schema: TableSchema = {
  fields: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'price', type: { kind: 'decimal', precision: 12, scale: 2 }, nullable: true },
    { name: 'key', type: { kind: 'uuid' }, nullable: true },
    { name: 'at', type: { kind: 'timestamp', zone: true }, nullable: true },
  ],
};
const key = '0b0e7d5e-0000-4000-8000-00000000000a';
const records = [
  { id: 9_007_199_254_740_993n, price: '19.90', key, at: '2026-02-28T12:00:00.123456Z' },
  { id: 2, price: null, key: null, at: 'infinity' },
];

async function transform(work: (frame: DataFrame) => DataFrame) {
  const { columns } = columnsFromRows(schema, records);
  const result = await new Inline(work).transformColumns(columns);
  const types = Object.fromEntries(result.schema.fields.map(({ name, type }) => [name, describeType(type)]));
  return { rows: rowsFromColumns<Row>(result), types };
}

describe('FrameTransformer', () => {
  it('gives new columns the type of the frame and leaves the others as they were', async () => {
    const { rows, types } = await transform((frame) =>
      frame.withColumns(
        pl.col('price').mul(pl.lit(2).cast(pl.Int64)).as('twice'),
        pl.lit(3).cast(pl.UInt8).as('digit'),
        pl.col('id').cast(pl.UInt64).as('unsigned'),
        pl.col('key').str.lengths().as('letters'),
      ),
    );
    expect(types).toEqual({
      id: 'int64',
      price: 'decimal(12,2)',
      key: 'uuid',
      at: 'timestamp with zone',
      twice: 'decimal(38,2)',
      digit: 'int16',
      unsigned: 'decimal(20,0)',
      letters: 'int64',
    });
    expect(rows[0]).toMatchObject({
      ...records[0],
      twice: '39.80',
      letters: 36,
      digit: 3,
      unsigned: '9007199254740993',
    });
    expect(rows[1]).toMatchObject({ ...records[1], twice: null, letters: null, digit: 3, unsigned: '2' });
  });

  it('takes times in all units of polars', async () => {
    const { rows, types } = await transform((frame) =>
      frame.select(
        pl.col('at').cast(pl.Datetime('ms')).as('ms'),
        pl.col('at').cast(pl.Datetime('us')).as('us'),
        pl.col('at').head(1).cast(pl.Datetime('ns')).first().as('ns'),
      ),
    );
    expect(types).toEqual({ ms: 'timestamp', us: 'timestamp', ns: 'timestamp' });
    expect(rows[0]).toEqual({
      ms: '2026-02-28T12:00:00.123',
      us: '2026-02-28T12:00:00.123456',
      ns: '2026-02-28T12:00:00.123456',
    });
  });

  it('names a type that no column can hold', async () => {
    const lists = transform((frame) => frame.select(pl.col('id').implode().as('ids')));
    await expect(lists).rejects.toThrow(PipelineError);
    await expect(lists).rejects.toThrow(/ids comes back from polars as .*List/);
  });

  it('refuses a text that is not what its column was', async () => {
    const broken = transform((frame) => frame.withColumns(pl.lit('no key').as('key')));
    await expect(broken).rejects.toThrow('key: "no key" is not uuid; give the new column another name');
    const renamed = await transform((frame) => frame.withColumns(pl.lit('no key').as('label')));
    expect(renamed.types).toMatchObject({ key: 'uuid', label: 'string' });
  });
});

describe('loadPolars', () => {
  it('says what to do when the native part is missing', async () => {
    const load = () => Promise.reject(new Error("Cannot find module 'nodejs-polars-linux-x64-gnu'\nRequire stack: …"));
    await expect(loadPolars(load)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining("Cannot find module 'nodejs-polars-linux-x64-gnu'"),
      hint: expect.stringContaining('npm on Node 24'),
    });
  });
});
