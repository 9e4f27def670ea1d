import { join } from 'node:path';
import { expect, it } from 'vitest';
import { overlayResolver, overlays } from '../../scripts/overlay-resolver.ts';
import { storageOf } from '../../skeleton/base/src/runtime/columns/column.ts';

const [base, parquet] = overlays as [string, string];

it('resolves an import that only another overlay has', () => {
  const importer = join(parquet, 'src/runtime/formats/parquet/reader.ts');
  expect(overlayResolver().resolveId('../../columns/column.ts', importer)).toBe(
    join(base, 'src/runtime/columns/column.ts'),
  );
});

it('leaves packages, files beside the importer and unknown files alone', () => {
  const { resolveId } = overlayResolver();
  const importer = join(base, 'src/runtime/columns/columns.ts');
  expect(resolveId('zod', importer)).toBeUndefined();
  expect(resolveId('./column.ts', importer)).toBeUndefined();
  expect(resolveId('./no-such-file.ts', importer)).toBeUndefined();
  expect(storageOf({ kind: 'date' })).toBe('int32');
});
