import { expect, it } from 'vitest';
import { type JsonSchema, jsonSchemaOf } from '../../../skeleton/base/src/runtime/config/json-schema.ts';
import { pipelineModel } from '../../../skeleton/base/src/runtime/config/model.ts';
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

it('options of pipeline.yaml and their defaults are those of the model', () => {
  const rows = rowsOf(readPage('docs/reference/pipeline-yaml.md'));
  const documented = rows.map(([option = '', standard = '']) => [codeIn(option)[0], codeIn(standard)[0]]);
  const options = optionsOf(jsonSchemaOf(pipelineModel));
  expect(documented.map(([option]) => option).toSorted()).toEqual(options.map(([option]) => option).toSorted());
  for (const [option, standard] of options) {
    if (standard === undefined || typeof standard === 'object') continue;
    const [, given] = documented.find(([name]) => name === option) ?? [];
    expect(given, option).toBe(standard === 0 && option.endsWith('.lag') ? '0s' : String(standard));
  }
});

/** Options without options of their own, and the entries of maps, with their defaults. */
function optionsOf(schema: JsonSchema, path = ''): [string, unknown][] {
  const { additionalProperties: entry, properties = {} } = schema;
  const named: [string, unknown][] = Object.entries(properties).flatMap(([name, option]) =>
    typeof option === 'object' ? optionsOf(option, path === '' ? name : `${path}.${name}`) : [],
  );
  const isMap = typeof entry === 'object' && Object.keys(entry).length > 0;
  if (isMap) return [[`${path}.<name>`, undefined], ...optionsOf(entry, `${path}.<name>`)];
  return named.length > 0 ? named : [[path, schema.default]];
}
