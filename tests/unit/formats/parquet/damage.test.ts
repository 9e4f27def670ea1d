import { expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import { ParquetWriter } from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { damageEverywhere } from '../../../support/parquet-damage.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const file = await temporaryFolder();

it('a file of the writer with any byte flipped, or cut anywhere, is refused or read as it was', async () => {
  const path = file('every-type.parquet');
  const schema = { fields: [...EVERY_TYPE.fields, { name: 'key', type: { kind: 'int32' }, nullable: false } as const] };
  const rows = Array.from({ length: 8 }, (_, key) => ({ ...EDGE_ROWS[key % 4], key }));
  const writer = await ParquetWriter.open(path, schema);
  await writer.write(columnsFromRows(schema, rows).columns);
  const { bytes } = await writer.finish();
  const harm = await damageEverywhere(path);
  expect(harm).toMatchObject({ otherCount: [], otherErrors: [] });
  expect(harm.cases).toBeGreaterThan(1.2 * bytes - 1);
  expect(harm.refused).toBeGreaterThan(harm.cases / 2);
  expect(harm.otherValues).toEqual([]);
  expect(harm.otherSchema).toEqual([]);
}, 120_000);
