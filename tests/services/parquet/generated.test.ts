import { mkdir } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { toJsonText } from '../../../skeleton/base/src/runtime/columns/json-text.ts';
import { rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import { readParquet } from '../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Peers, parseExactly } from './peers.ts';

const TABLES = 12;
const folder = await temporaryFolder();
let contents: Record<string, Record<string, unknown>[]>;

beforeAll(async () => {
  await mkdir(folder('generated'));
  contents = await (await Peers.install()).generate(folder('generated'), TABLES);
});

it('reads what pyarrow, DuckDB and polars wrote, value by value: all types, encodings, pages and NULLs', async () => {
  expect(Object.keys(contents)).toHaveLength(3 * TABLES);
  for (const [name, wanted] of Object.entries(contents)) {
    const found: unknown[] = [];
    for await (const { columns } of readParquet(folder(`generated/${name}.parquet`), { batchRows: 777 })) {
      found.push(...(parseExactly(toJsonText(rowsFromColumns(columns))) as unknown[]));
    }
    expect([name, found]).toEqual([name, wanted]);
  }
});

it('reads the same from any record on', async () => {
  for (const [name, wanted] of Object.entries(contents)) {
    const fromRow = Math.floor(wanted.length / 3);
    for await (const { columns } of readParquet(folder(`generated/${name}.parquet`), { fromRow, batchRows: 5 })) {
      const found = parseExactly(toJsonText(rowsFromColumns(columns)));
      expect([name, found]).toEqual([name, wanted.slice(fromRow, fromRow + columns.length)]);
      break;
    }
  }
});
