import { expect, it } from 'vitest';
import { ERROR_CODES, EXIT_CODES } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { parseType } from '../../../skeleton/base/src/runtime/schema/parse-type.ts';
import { deltaTypeName } from '../../../skeleton/connectors/delta/src/runtime/connectors/delta/schema-string.ts';
import { sqlType } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/types.ts';
import { codeIn, readPage, rowsOf } from './pages.ts';

it('exit codes are those of the code', () => {
  const text = readPage('docs/reference/exit-codes.md');
  const exitCodes = rowsOf(text, 'Exit codes').map(([code, name = '']) => [codeIn(name)[0], Number(code)]);
  expect(Object.fromEntries(exitCodes)).toEqual(EXIT_CODES);
  const errorCodes = rowsOf(text, 'Error codes').map(([code = '', exit]) => [codeIn(code)[0], Number(exit)]);
  expect(Object.fromEntries(errorCodes)).toEqual(ERROR_CODES);
});

it('types become in each system what the table says', () => {
  const rows = rowsOf(readPage('docs/reference/types.md'), 'In systems').map((row) =>
    row.map((cell) => codeIn(cell)[0]),
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const [type = '', postgres, delta] of rows) {
    expect({ type, postgres: sqlType(parseType(type)), delta: deltaTypeName(parseType(type)) }).toEqual({
      type,
      postgres,
      delta,
    });
  }
});
