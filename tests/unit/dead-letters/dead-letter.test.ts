import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastCheck from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registerSecret } from '../../../skeleton/base/src/runtime/config/secrets.ts';
import { deadLetterSchema } from '../../../skeleton/base/src/runtime/dead-letters/dead-letter.ts';
import { deadLettersFrom } from '../../../skeleton/base/src/runtime/dead-letters/from-rejections.ts';
import { keepRecord, LARGEST_RECORD, reviveRecord } from '../../../skeleton/base/src/runtime/dead-letters/record.ts';
import { letterOf } from './letters.ts';

describe('the id of a dead letter', () => {
  test('is the same for the same failure, whichever run finds it', () => {
    const first = letterOf({ run: 'a', traceId: '1' });
    const again = letterOf({ run: 'b', attempt: 2, index: 5 });
    expect(again.id).toBe(first.id);
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    ['pipeline', { pipeline: 'other' }],
    ['resource', { resource: 'customers' }],
    ['batch', { sequence: 2 }],
    ['stage', { stage: 'validate' as const }],
    ['row', { rowNumber: 18 }],
    ['record', { record: { order_id: 'A-1', total: 'thirteen' } }],
  ])('differs by %s', (_, changes) => {
    expect(letterOf(changes).id).not.toBe(letterOf().id);
  });

  test('tells equal records without row numbers apart by their order', () => {
    const ids = [0, 1, 1].map((index) => letterOf({ rowNumber: undefined, index }).id);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[1]).toBe(ids[2]);
  });
});

describe('the record of a dead letter', () => {
  test('is plain JSON, whatever it was', () => {
    const circular: Record<string, unknown> = { name: 'x' };
    circular.self = circular;
    const record = {
      big: 12345678901234567890n,
      bytes: Buffer.from([0, 255, 16]),
      at: new Date('2026-01-02T03:04:05.678Z'),
      never: new Date(Number.NaN),
      infinite: Number.NEGATIVE_INFINITY,
      missing: undefined,
      nothing: null,
      nested: [{ big: 1n }, circular],
    };
    expect(keepRecord(record)).toEqual({
      record: {
        big: { $bigint: '12345678901234567890' },
        bytes: { $bytes: 'AP8Q' },
        at: { $date: '2026-01-02T03:04:05.678Z' },
        never: { $date: 'invalid' },
        infinite: { $number: '-Infinity' },
        nothing: null,
        nested: [{ big: { $bigint: '1' } }, { name: 'x', self: '(circular)' }],
      },
    });
  });

  test('that is missing is null', () => {
    expect(keepRecord(undefined)).toEqual({ record: null });
  });

  test('is the same record when it is revived', () => {
    const bytes = fastCheck.uint8Array().map((array) => Buffer.from(array));
    const property = fastCheck.oneof(
      fastCheck.string(),
      fastCheck.constantFrom('$bigint', '$date', '$bytes', '$number', '$object'),
    );
    const { tree } = fastCheck.letrec((tie) => ({
      tree: fastCheck.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('object')),
      list: fastCheck.array(tie('tree'), { maxLength: 4 }),
      object: fastCheck.dictionary(property, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      leaf: fastCheck.oneof(
        fastCheck.string({ unit: 'binary' }),
        fastCheck.double(),
        fastCheck.boolean(),
        fastCheck.constant(null),
        fastCheck.bigInt(),
        fastCheck.date(),
        bytes,
      ),
    }));
    fastCheck.assert(
      fastCheck.property(tree, (record) => {
        const kept = keepRecord(record);
        expect(kept.incomplete).toBeUndefined();
        expect(reviveRecord(JSON.parse(JSON.stringify(kept.record)))).toEqual(record);
      }),
      { numRuns: 500 },
    );
  });

  test('over 1 MiB keeps its start and says so', () => {
    const letter = letterOf({ record: `${'é'.repeat(LARGEST_RECORD)}the end` });
    expect(letter.incomplete).toEqual({ reason: 'truncated', bytes: 2 * LARGEST_RECORD + 'the end'.length + 2 });
    expect(letter.record).toBe('é'.repeat(LARGEST_RECORD));
    const row = letterOf({ record: { id: 1, text: 'x'.repeat(LARGEST_RECORD) } });
    expect(row.record).toMatch(/^\{"id":1,"text":"xxx/);
    expect(row.incomplete).toMatchObject({ reason: 'truncated' });
  });

  test('cut inside a character stays valid text', () => {
    const { record } = keepRecord(`x${'😀'.repeat(LARGEST_RECORD / 2)}`);
    expect(String(record).isWellFormed()).toBe(true);
  });

  test('and its error hold no secret, and the letter says what was hidden', () => {
    registerSecret('s3cr3t-passphrase');
    const letter = letterOf({
      record: { note: 'the password is s3cr3t-passphrase' },
      error: { code: 'REJECTED', message: 'refused s3cr3t-passphrase at postgres://app:dummy-password@host/db' },
    });
    expect(JSON.stringify(letter)).not.toMatch(/s3cr3t|dummy-password/);
    expect(letter.incomplete).toEqual({ reason: 'redacted' });
    expect(letterOf().incomplete).toBeUndefined();
  });
});

test('a message without end is cut', () => {
  const letter = letterOf({ error: { code: 'REJECTED', message: 'x'.repeat(100_000) } });
  expect(letter.error.message).toHaveLength(4_001);
});

test('records that a stage refused become letters, each with its row', () => {
  const letters = deadLettersFrom(
    {
      stage: 'extract',
      component: 'files',
      batch: { stream: 'shop/orders', sequence: 3, position: { row: 9 }, origin: 'orders/b.csv' },
      rejections: [
        { record: '1;2;3', rowNumber: 4, offset: 31, message: 'has 3 fields, not 4' },
        { record: '"', rowNumber: undefined, message: 'a quote is not closed', column: 'note' },
      ],
    },
    { pipeline: 'shop', resource: 'orders', run: 'r', traceId: '123' },
  );
  expect(letters).toMatchObject([
    {
      sequence: 3,
      stage: 'extract',
      component: 'files',
      record: '1;2;3',
      rowNumber: 4,
      offset: 31,
      traceId: '123',
      attempt: 1,
    },
    { origin: 'orders/b.csv', position: { row: 9 }, error: { code: 'UNREADABLE', column: 'note' } },
  ]);
  for (const letter of letters) expect(deadLetterSchema.parse(JSON.parse(JSON.stringify(letter)))).toEqual(letter);
});

test('the dead letter in the documentation is one', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../skeleton/base/docs/dead-letters.md'), 'utf8');
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  const letter = JSON.parse(example);
  expect(deadLetterSchema.parse(letter)).toEqual(letter);
  expect(Object.keys(letter).sort()).toEqual(Object.keys(letterOf({ traceId: '1', offset: 1482 })).sort());
});
