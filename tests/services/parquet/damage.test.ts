import { mkdir } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { damageEverywhere } from '../../support/parquet-damage.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Peers } from './peers.ts';

const folder = await temporaryFolder();
beforeAll(async () => {
  await mkdir(folder('small'));
  await (await Peers.install()).writeSmall(folder('small'));
});

/**
 * Without checksums a value with a flipped bit is a value like any other, but there are as many of them as before, and
 * every failure says where it is. What says that numbers are dates can be lost with a bit of the footer.
 */
it.each(['plain', 'version-2', 'other-encodings', 'snappy', 'nested', 'nested-gzip', 'duckdb', 'polars'])(
  'a %s file with any byte flipped, or cut anywhere, is refused or has as many records',
  async (name) => {
    const harm = await damageEverywhere(folder(`small/${name}.parquet`));
    expect(harm).toMatchObject({ otherCount: [], otherErrors: [] });
    expect(harm.refused).toBeGreaterThan(harm.cases / 3);
    expect(harm.otherSchema.length).toBeLessThan(harm.cases / 200);
  },
);

it('a file with checksums with any byte flipped, or cut anywhere, is refused or read as it was', async () => {
  const harm = await damageEverywhere(folder('small/checksums.parquet'));
  expect(harm).toMatchObject({ otherCount: [], otherErrors: [] });
  expect(harm.otherValues.filter((name) => !name.startsWith('footer'))).toEqual([]);
  expect(harm.otherValues.length + harm.otherSchema.length).toBeLessThan(harm.cases / 200);
});
