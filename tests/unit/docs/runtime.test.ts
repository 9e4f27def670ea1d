import { expect, it } from 'vitest';
import { z } from 'zod';
import { storageOf } from '../../../skeleton/base/src/runtime/columns/column.ts';
import { ERROR_CODES, EXIT_CODES } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { tableSchemaOf } from '../../../skeleton/base/src/runtime/schema/contract.ts';
import { parseType } from '../../../skeleton/base/src/runtime/schema/parse-type.ts';
import { describeType } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { codeIn, readPage, rowsOf } from './pages.ts';

it('exit codes are those of the code', () => {
  const text = readPage('docs/reference/exit-codes.md');
  const exitCodes = rowsOf(text, 'Exit codes').map(([code, name = '']) => [codeIn(name)[0], Number(code)]);
  expect(Object.fromEntries(exitCodes)).toEqual(EXIT_CODES);
  const errorCodes = rowsOf(text, 'Error codes').map(([code = '', exit]) => [codeIn(code)[0], Number(exit)]);
  expect(Object.fromEntries(errorCodes)).toEqual(ERROR_CODES);
});

it('columns store each type as the table says', () => {
  const rows = rowsOf(readPage('docs/reference/types.md'), 'In memory');
  const storages = rows.flatMap(([types = '', , storage = '']) =>
    codeIn(types).map((type) => [type, codeIn(storage)[0]] as const),
  );
  expect(storages.length).toBeGreaterThan(14);
  for (const [type, storage] of storages) expect(storageOf(parseType(type)), type).toBe(storage);
});

it('fields of contracts have the types that the table says', () => {
  const rows = rowsOf(readPage('docs/reference/types.md'), 'From contracts');
  const types = rows.flatMap(([fields = '', type = '']) => codeIn(fields).map((field) => [field, codeIn(type)[0]]));
  expect(types.length).toBeGreaterThan(10);
  for (const [field, type] of types) {
    const schema = z.object({ column: new Function('z', `return ${field}`)(z) });
    const [column] = tableSchemaOf(schema)?.fields ?? [];
    expect(column && describeType(column.type), field).toBe(type);
  }
});
