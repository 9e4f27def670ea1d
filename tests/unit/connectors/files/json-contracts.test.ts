import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { conformRecords } from '../../../../skeleton/base/src/runtime/columns/conform.ts';
import { RowRecords } from '../../../../skeleton/base/src/runtime/columns/row-records.ts';
import { rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Batch, Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { contractStage } from '../../../../skeleton/base/src/runtime/pipeline/contract-stage.ts';
import { tableSchemaOf } from '../../../../skeleton/base/src/runtime/schema/contract.ts';
import { decimal, instant, integer } from '../../../../skeleton/base/src/runtime/schema/fields.ts';
import { exactNumber } from '../../../../skeleton/connectors/files/src/runtime/connectors/files/json/parse-json.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { batchesOf, contentsOf, openSource, putFile } from './reading.ts';

const folder = await temporaryFolder();
let folders = 0;

async function read(name: string, text: string, batchSize = 1000): Promise<Batch[]> {
  const path = folder(`${++folders}`);
  await putFile(path, name, text);
  return batchesOf(openSource(path, { path: '*' }, { batchSize }));
}

/** What `JSON.parse` makes of a text, with all digits of whole numbers. */
function parse(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value,
  );
}

/** JSON texts of values of one kind, as other programs write them. */
const numbers = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.integer({ min: -99_999, max: 99_999 }).map((value) => (value / 100).toFixed(2)),
  fc.constantFrom('0', '-0', '-0.0', '0.00', '7.0', '1e3', '1E-7', '-1e-400', '9007199254740993', '0.1', '19.90'),
);
const texts = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'é€🙂', '"\\/\b\n', '12', '2026-02-28', '2026-02-29', '0000-01-01', '5.50', 'null'),
  fc.constantFrom('2026-01-31T23:59:59Z', '2026-01-31 23:59:59', '2026-01-31T23:59:59.5', '2026-01-31T23:59Z'),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
);
const strings = fc.oneof(
  texts.map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u00e9"', '"\\ud83d\\ude42"', '"\\/"'),
);
const others = fc.constantFrom(
  'true',
  'false',
  '{}',
  '[1,-0]',
  '{"a":[1,{"b":-0.5}]}',
  '[9007199254740993]',
  '[1e-400]',
);
const kinds = [numbers, strings, fc.constantFrom('true', 'false'), fc.oneof(numbers, strings, others), others];

const types: readonly z.ZodType[] = [
  z.number(),
  z.int().min(-5),
  z.number().multipleOf(0.1),
  z.coerce.number(),
  z.bigint(),
  integer(),
  decimal(7, 2),
  decimal(20, 4),
  decimal(12, 8),
  z.string(),
  z.string().min(1).max(3),
  z.string().transform((text) => text.length),
  z.coerce.string(),
  z.enum(['a', 'b']),
  z.iso.date(),
  z.iso.datetime(),
  z.iso.datetime({ local: true }),
  z.iso.time(),
  instant(),
  z.boolean(),
  z.union([z.string(), z.number()]),
  z.object({ a: z.array(z.unknown()) }),
  z.array(z.number()),
  z.unknown(),
  z.null(),
];
const wrappers: readonly ((type: z.ZodType) => z.ZodType)[] = [
  (type) => type,
  (type) => type.optional(),
  (type) => type.nullable(),
  (type) => type.nullish(),
  (type) => z.union([type, z.literal('nothing')]).default('nothing'),
];
const objects: readonly ((shape: Record<string, z.ZodType>) => z.ZodType)[] = [
  (shape) => z.object(shape),
  (shape) => z.strictObject(shape),
  (shape) => z.looseObject(shape),
];

const contracts = fc
  .record({
    first: fc.constantFrom(...types),
    second: fc.constantFrom(...types),
    wrap: fc.constantFrom(...wrappers),
    object: fc.constantFrom(...objects),
  })
  .map(({ first, second, wrap, object }) => object({ first: wrap(first), second }));

/** Records with the same members for the most part, some without one, with another, in another order, or one twice. */
const documents = fc
  .record({ first: fc.constantFrom(...kinds), second: fc.constantFrom(...kinds), space: fc.constantFrom('', ' ') })
  .chain(({ first, second, space }) => {
    const member = (key: string, value: fc.Arbitrary<string>) =>
      fc.option(value, { freq: 8, nil: 'null' }).map((text) => `"${key}":${space}${text}`);
    const usual = fc.tuple(member('first', first), member('second', second));
    const unusual = fc.shuffledSubarray(['first', 'second', 'third', 'f\\u0069rst', '__proto__', 'first'], {
      maxLength: 3,
    });
    const record = fc.oneof(
      { weight: 8, arbitrary: usual },
      {
        weight: 1,
        arbitrary: unusual.chain((keys) => fc.tuple(...keys.map((key) => member(key, fc.oneof(...kinds))))),
      },
    );
    return fc.array(
      record.map((members) => `{${members.join(`,${space}`)}}`),
      { minLength: 1, maxLength: 20 },
    );
  });

function byZod(contract: z.ZodType, rows: readonly unknown[]) {
  const results = rows.map((row) => contract.safeParse(row));
  return {
    accepted: results.flatMap(({ success, data }) => (success ? [data] : [])),
    refused: results.flatMap(({ error }, index) =>
      error === undefined ? [] : [{ record: rows[index], rowNumber: index + 1, column: error.issues[0]?.path[0] }],
    ),
  };
}

test('records are what JSON.parse makes of them, and a contract decides on them as zod does', async () => {
  const property = fc.asyncProperty(
    contracts,
    documents,
    fc.constantFrom('a.ndjson', 'a.json'),
    fc.integer({ min: 1, max: 20 }),
    async (contract, lines, name, batchSize) => {
      const text = name === 'a.json' ? `[${lines.join(',')}]` : `${lines.join('\n')}\n`;
      const expected = lines.map(parse);
      const batches = await read(name, text, batchSize);
      expect(contentsOf(batches)).toStrictEqual({
        rows: expected,
        rowNumbers: expected.map((_, index) => index + 1),
        rejections: [],
      });
      const { accepted, refused } = byZod(contract, expected);
      const stage = contractStage<Row, Row>(contract as z.ZodType<Row>, 'from');
      const outcomes = await Promise.all(batches.map((batch) => stage.apply(batch)));
      expect(outcomes.flatMap(({ batch }) => batch.rows())).toStrictEqual(accepted);
      expect(
        outcomes.flatMap(({ rejections }) => rejections.map(({ message: _, ...rejection }) => rejection)),
      ).toStrictEqual(refused.map(({ column, ...rest }) => ({ ...rest, ...(column !== undefined && { column }) })));
      const schema = tableSchemaOf(contract) ?? { fields: [] };
      const converted = outcomes.map(({ batch }) => batch.toColumns(schema));
      const { columns, failures } = conformRecords(new RowRecords(accepted), schema);
      expect(converted.flatMap((batch) => batch.rows())).toStrictEqual(rowsFromColumns(columns));
      expect(converted.flatMap(({ rejections }) => rejections.map(({ message }) => message))).toEqual(
        failures.map(({ column, message }) => `${column} ${message}`),
      );
    },
  );
  await fc.assert(property, { seed: 4, numRuns: Number(process.env.PROPERTY_RUNS ?? 200) });
});
