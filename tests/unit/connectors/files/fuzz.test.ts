import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { arbitraryRows } from '../../../support/every-type.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openSource, putFile, readContents, schemaOf } from './reading.ts';
import { csvReference, type Expected, ndjsonReference } from './references.ts';
import { csvText, ndjsonText } from './writing.ts';

/** `FUZZ_RUNS=100000 FUZZ_SEED=7 npm test unit fuzz` looks longer, and elsewhere. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SEED = Number(process.env.FUZZ_SEED ?? 4);
const parameters = { numRuns: RUNS, seed: SEED };
const TIMEOUT = 120_000 + RUNS * 200;

const folder = await temporaryFolder();

interface Reading {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly schema: TableSchema | undefined;
  readonly batchSize?: number;
  readonly options?: object;
}

async function read({ name, bytes, schema, batchSize = 1000, options }: Reading) {
  await putFile(folder('files'), name, bytes);
  const source = openSource(folder('files'), { path: name, ...options }, { batchSize });
  return readContents(source, schema === undefined ? {} : { columns: schema });
}

/** The contents as a file whose frames reach the reader one by one: any byte can be the last of a chunk. */
function inFrames(bytes: Buffer, cuts: readonly number[]): Buffer {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  return Buffer.concat(ends.map((end, index) => zstdCompressSync(bytes.subarray(ends[index - 1] ?? 0, end))));
}

const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '\\u00e9', '\\ud83d\\ude00', '\\ud83d', '\n', '\r\n', '\r', '\t'],
  ...['null', 'true', 'false', '0', '-', '-0', '1e5', '1E400', '.5', '1.50', '007', '12345678901234567', '1.005', '+1'],
  ...['9223372036854775807', '9223372036854775808', '"a":1', '"b":', '"name":"x"', '{"a":[1,{"b":null}]}', '""', '","'],
  ...[' ', 'ü', '世', '\u0000', '\ufeff', '2026-01-31', '2026-02-30', '2026-01-31T10:00:00Z', '#', ';', "'"],
];

/** Changes to a text: at a place, some bytes are replaced by others. */
const mutations = fc.array(
  fc.record({
    at: fc.nat({ max: 4000 }),
    remove: fc.nat({ max: 3 }),
    insert: fc.oneof(
      fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
      fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
    ),
  }),
  { maxLength: 6 },
);

type Mutation = typeof mutations extends fc.Arbitrary<infer T> ? T : never;

function mutate(text: string, changes: Mutation): Buffer {
  let bytes = Buffer.from(text);
  for (const { at, remove, insert } of changes) {
    const start = at % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
  }
  return bytes;
}

const TYPED = schemaOf(
  ['a', { kind: 'int64' }],
  ['name', { kind: 'string' }],
  ['price', { kind: 'decimal', precision: 12, scale: 2 }],
  ['share', { kind: 'float64' }],
  ['day', { kind: 'date' }],
  ['at', { kind: 'timestamp', zone: true }],
  ['paid', { kind: 'boolean' }],
  ['small', { kind: 'int16' }],
  ['exact', { kind: 'decimal', precision: 38, scale: 6 }],
  ['document', { kind: 'json' }],
);

const cuts = fc.array(fc.nat({ max: 5000 }), { maxLength: 8 });

function summaryOf({ rows, rowNumbers, rejections }: Awaited<ReturnType<typeof read>>): Expected {
  return {
    rows,
    rowNumbers,
    rejected: rejections.map(({ rowNumber, offset }) => ({ rowNumber: rowNumber ?? 0, offset: offset ?? -1 })),
  };
}

describe('the readers agree with a plain reference, whatever the bytes and wherever they are cut', () => {
  it(
    'NDJSON into columns',
    async () => {
      const arbitrary = fc.tuple(arbitraryRows(TYPED, 6), mutations, cuts, fc.integer({ min: 1, max: 5 }));
      await fc.assert(
        fc.asyncProperty(arbitrary, async ([rows, changes, places, batchSize]) => {
          const bytes = mutate(ndjsonText(columnsFromRows(TYPED, rows).columns), changes);
          const found = await read({ name: 'a.ndjson.zst', bytes: inFrames(bytes, places), schema: TYPED, batchSize });
          expect(summaryOf(found)).toEqual(ndjsonReference(bytes, TYPED));
        }),
        parameters,
      );
    },
    TIMEOUT,
  );

  it(
    'the same objects as a JSON array, in any order of their members',
    async () => {
      const shuffled = arbitraryRows(TYPED, 6).chain((rows) =>
        fc.tuple(...rows.map((row) => fc.shuffledSubarray(Object.entries(row)))),
      );
      await fc.assert(
        fc.asyncProperty(shuffled, cuts, fc.constantFrom('', ' ', '\n  '), async (entries, places, space) => {
          const rows = entries.map((members) => Object.fromEntries(members) as Row);
          const texts = rows.map((row) => JSON.stringify(row, withoutBigInts, space.replace('\n', '')));
          const bytes = Buffer.from(`[${space}${texts.join(`${space},${space}`)}${space}]${space}`);
          const found = await read({ name: 'a.json.zst', bytes: inFrames(bytes, places), schema: TYPED });
          expect(found.rejections).toEqual([]);
          expect(found.rows).toEqual(
            rows.map((row) => ({ ...NULLS, ...JSON.parse(JSON.stringify(row, withoutBigInts)) })),
          );
        }),
        parameters,
      );
    },
    TIMEOUT,
  );

  it(
    'CSV as text',
    async () => {
      const texts = schemaOf(['a', { kind: 'string' }], ['name', { kind: 'string' }], ['document', { kind: 'string' }]);
      const dialects = fc.constantFrom(
        { delimiter: ',', quote: '"' },
        { delimiter: ';', quote: "'", escape: '\\', comment: '#', nullText: ['', 'null'] },
      );
      const arbitrary = fc.tuple(arbitraryRows(texts, 6), mutations, cuts, fc.integer({ min: 1, max: 5 }), dialects);
      await fc.assert(
        fc.asyncProperty(arbitrary, async ([rows, changes, places, batchSize, dialect]) => {
          const written = csvText(columnsFromRows(texts, rows).columns);
          const header = `a${dialect.delimiter}name${dialect.delimiter}document\n`;
          const body = mutate(written.slice(written.indexOf('\n') + 1), changes);
          const bytes = Buffer.concat([Buffer.from(header), body]);
          const reading = { name: 'a.csv.zst', bytes: inFrames(bytes, places), schema: texts, batchSize };
          const found = await read({ ...reading, options: dialect });
          expect(summaryOf(found)).toEqual(csvReference(bytes, ['a', 'name', 'document'], dialect));
        }),
        parameters,
      );
    },
    TIMEOUT,
  );

  it(
    'CSV into columns, compiled or not',
    async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryRows(TYPED, 6), mutations, async (rows, changes) => {
          const [header = '', ...lines] = csvText(columnsFromRows(TYPED, rows).columns).split(/(?<=\n)/);
          const bytes = Buffer.concat([Buffer.from(header), mutate(lines.join(''), changes)]);
          const compiled = await read({ name: 'a.csv', bytes, schema: TYPED });
          const options = { nullText: ['', 'no text that is there'] };
          expect(await read({ name: 'a.csv', bytes, schema: TYPED, options })).toEqual(compiled);
        }),
        parameters,
      );
    },
    TIMEOUT,
  );
});

describe('a damaged archive', () => {
  const text = Buffer.from(Array.from({ length: 300 }, (_, id) => `{"a":${id},"name":"text ${id * 7919}"}\n`).join(''));
  const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  const archives = { gz: gzipSync(text), zst: zstdCompressSync(text, checksum) };

  it.each(['gz', 'zst'] as const)(
    'is refused by name, or read as it was: %s',
    async (extension) => {
      const archive = archives[extension];
      const damage = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }), cut: fc.option(fc.nat()) });
      const name = `a.ndjson.${extension}`;
      const whole = await read({ name, bytes: archive, schema: undefined });
      await fc.assert(
        fc.asyncProperty(damage, async ({ at, bit, cut }) => {
          const bytes = Buffer.from(cut === null ? archive : archive.subarray(0, cut % archive.length));
          if (cut === null) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
          const outcome = await read({ name, bytes, schema: undefined }).catch((error: unknown) => error);
          if (outcome instanceof Error)
            expect(outcome).toMatchObject({ code: 'UNREADABLE', where: { file: `${folder('files')}/${name}` } });
          else expect(outcome).toEqual(whole);
        }),
        parameters,
      );
    },
    TIMEOUT,
  );
});

const NULLS: Row = Object.fromEntries(TYPED.fields.map(({ name }) => [name, null]));

function withoutBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number.MAX_SAFE_INTEGER : value;
}
