import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fastCheck from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadLetter } from '../../../skeleton/base/src/runtime/dead-letters/dead-letter.ts';
import type {
  DeadLetterFilter,
  ListedDeadLetter,
} from '../../../skeleton/base/src/runtime/dead-letters/dead-letter-store.ts';
import { FileDeadLetterWriter } from '../../../skeleton/base/src/runtime/dead-letters/file-writer.ts';
import { listDeadLetters } from '../../../skeleton/base/src/runtime/dead-letters/list-file.ts';
import { letterOf } from './letters.ts';

const runtime = resolve(import.meta.dirname, '../../../skeleton/base/src/runtime');

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dead-letters-'));
  file = join(directory, 'orders.ndjson');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const lettersOf = (count: number, sequence = 1) =>
  Array.from({ length: count }, (_, index) => letterOf({ sequence, rowNumber: index + 1 }));

const isBad = (record: number): boolean => record % 2 === 1;

/** Records of a source, three in a batch. */
function batchesOf(source: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(source.length / 3) }, (_, index) => source.slice(3 * index, 3 * index + 3));
}

function lettersOfBatch(batch: readonly number[], sequence: number): DeadLetter[] {
  return batch.flatMap((number, row) =>
    isBad(number) ? [letterOf({ sequence, rowNumber: 3 * sequence + row, record: { number } })] : [],
  );
}

async function list(filter?: DeadLetterFilter, folder = directory): Promise<ListedDeadLetter[]> {
  const letters: ListedDeadLetter[] = [];
  for await (const letter of listDeadLetters(folder, filter)) letters.push(letter);
  return letters;
}

async function append(letters: ReturnType<typeof lettersOf>, afterSequence?: number): Promise<number> {
  const store = await FileDeadLetterWriter.open(directory, 'orders', afterSequence);
  try {
    return await store.append(letters);
  } finally {
    await store.close();
  }
}

describe('appending', () => {
  test('keeps letters as they are, in order', async () => {
    const letters = [...lettersOf(3), letterOf({ stage: 'load', traceId: '77', rowNumber: undefined })];
    expect(await append(letters)).toBe(4);
    expect(await list()).toEqual(letters);
  });

  test('nothing writes nothing', async () => {
    expect(await append([])).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('');
  });

  test('a batch that comes again doubles nothing', async () => {
    const letters = lettersOf(5, 4);
    expect(await append(letters.slice(0, 3))).toBe(3);
    expect(await append(letters)).toBe(2);
    expect(await list()).toEqual(letters);
  });

  test('takes back what lies behind the last commit, but not what was replayed since', async () => {
    const [committed, replayed, refused, left] = [3, 4, 4, 5].map((sequence, index) =>
      letterOf({ sequence, rowNumber: index }),
    ) as [DeadLetter, DeadLetter, DeadLetter, DeadLetter];
    await append([committed, replayed, refused, left]);
    const writer = await FileDeadLetterWriter.open(directory, 'orders');
    await writer.markReplayed([replayed.id], { run: 'replay-1', at: '2026-03-02T00:00:00.000Z' });
    await writer.markFailed(refused.id, { run: 'replay-1', at: '2026-03-02T00:00:00.000Z', message: 'no' });
    await writer.close();
    expect(await append([replayed], 3)).toBe(0);
    expect((await list()).map(({ id }) => id)).toEqual([committed.id, replayed.id, refused.id]);
    expect(await append([left], 3)).toBe(1);
    expect((await list()).map(({ id }) => id)).toEqual([committed.id, replayed.id, refused.id, left.id]);
  });

  test('leaves a letter for each record that fails, whatever becomes of the source between a kill and the next run', async () => {
    const records = fastCheck.array(fastCheck.nat({ max: 5 }), { maxLength: 20 });
    const run = fastCheck.record({ source: records, written: fastCheck.nat(8), committed: fastCheck.nat(8) });
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(run, { maxLength: 5 }), records, async (killed, last) => {
        await rm(file, { force: true });
        const delivered: number[] = [];
        let sequence = 1;
        const all = { written: Number.POSITIVE_INFINITY, committed: Number.POSITIVE_INFINITY };
        for (const { source, written, committed } of [...killed, { source: last, ...all }]) {
          const writer = await FileDeadLetterWriter.open(directory, 'orders', sequence);
          const batches = batchesOf(source).slice(0, written);
          for (const [index, batch] of batches.entries())
            await writer.append(lettersOfBatch(batch, sequence + index + 1));
          await writer.close();
          const passed = batches.slice(0, committed);
          sequence += passed.length;
          delivered.push(...passed.flat().filter(isBad));
        }
        const kept = (await list()).map(({ record }) => Number((record as { number: number }).number));
        expect(kept.toSorted()).toEqual(delivered.toSorted());
      }),
      { numRuns: 100 },
    );
  });

  test('the same letter twice at once keeps it once', async () => {
    expect(await append([letterOf(), letterOf()])).toBe(1);
  });

  test('records of any text come back', async () => {
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(fastCheck.string({ unit: 'binary' })), async (texts) => {
        await rm(file, { force: true });
        const letters = ['\u2028\u2029\r\n\0', ...texts].map((text, index) =>
          letterOf({ record: { text }, rowNumber: index + 1 }),
        );
        await append(letters);
        expect((await list()).map((letter) => letter.record)).toEqual(letters.map((letter) => letter.record));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a process that is killed', () => {
  test('leaves a torn line that the next run cuts off; the batch comes again', async () => {
    const letters = lettersOf(4);
    await append(letters.slice(0, 3));
    const whole = await readFile(file);
    await truncate(file, whole.length - 40);
    expect(await list()).toEqual(letters.slice(0, 2));
    expect(await append(letters)).toBe(2);
    expect(await list()).toEqual(letters);
  });

  test('at any byte loses nothing that was acknowledged', async () => {
    const letters = lettersOf(3);
    await append(letters);
    const whole = await readFile(file);
    for (let length = 0; length <= whole.length; length += 37) {
      await writeFile(file, whole.subarray(0, length));
      await append(letters);
      expect(await list()).toEqual(letters);
    }
  });

  test('with SIGKILL in the midst of writing, keeps all that it had reported as kept', async () => {
    const program = `
      const { FileDeadLetterWriter } = await import(${JSON.stringify(join(runtime, 'dead-letters/file-writer.ts'))});
      const { letterOf } = await import(${JSON.stringify(join(import.meta.dirname, 'letters.ts'))});
      const store = await FileDeadLetterWriter.open(${JSON.stringify(directory)}, 'orders');
      for (let sequence = 1; ; sequence++) {
        await store.append(Array.from({ length: 50 }, (_, index) => letterOf({ sequence, rowNumber: index })));
        process.stdout.write(sequence + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let reported = '';
    for await (const chunk of child.stdout) {
      reported += String(chunk);
      if (reported.split('\n').length > 20) child.kill('SIGKILL');
    }
    const acknowledged = Math.max(...reported.trim().split('\n').map(Number));
    expect(acknowledged).toBeGreaterThanOrEqual(20);
    await (await FileDeadLetterWriter.open(directory, 'orders')).close();
    const kept = await list();
    expect(new Set(kept.map((letter) => letter.id)).size).toBe(kept.length);
    for (let sequence = 1; sequence <= acknowledged; sequence++) {
      expect(kept.filter((letter) => letter.sequence === sequence)).toHaveLength(50);
    }
  });
});

describe('listing', () => {
  test('filters by resource, stage, id and replay', async () => {
    const orders = [letterOf(), letterOf({ stage: 'load', rowNumber: 2 })];
    const customers = [letterOf({ resource: 'customers' })];
    await append(orders);
    const store = await FileDeadLetterWriter.open(directory, 'customers');
    await store.append(customers);
    await store.markReplayed([customers[0]?.id ?? ''], { run: 'run-2', at: '2026-03-02T00:00:00.000Z' });
    await store.close();
    expect((await list()).map((letter) => letter.resource)).toEqual(['customers', 'orders', 'orders']);
    expect(await list({ resource: 'orders' })).toEqual(orders);
    expect(await list({ stage: 'load' })).toEqual([orders[1]]);
    expect(await list({ id: orders[0]?.id.slice(0, 8) ?? '' })).toEqual([orders[0]]);
    expect(await list({ replayed: false })).toEqual(orders);
    expect(await list({ replayed: true })).toEqual([
      { ...customers[0], replayed: { run: 'run-2', at: '2026-03-02T00:00:00.000Z' } },
    ]);
  });

  test('a folder or a resource without dead letters gives none', async () => {
    expect(await list({ resource: 'nothing' })).toEqual([]);
    expect(await list({}, join(directory, 'missing'))).toEqual([]);
  });

  test('streams: many letters do not pile up in memory', async () => {
    const program = `
      const { FileDeadLetterWriter } = await import(${JSON.stringify(join(runtime, 'dead-letters/file-writer.ts'))});
      const { listDeadLetters } = await import(${JSON.stringify(join(runtime, 'dead-letters/list-file.ts'))});
      const { letterOf } = await import(${JSON.stringify(join(import.meta.dirname, 'letters.ts'))});
      const store = await FileDeadLetterWriter.open(${JSON.stringify(directory)}, 'orders');
      for (let sequence = 1; sequence <= 100; sequence++) {
        await store.append([letterOf({ sequence, record: 'x'.repeat(1_000_000) })]);
      }
      let count = 0;
      for await (const letter of listDeadLetters(${JSON.stringify(directory)})) count += letter.record.length;
      console.log(count);`;
    const limits = ['--max-old-space-size=48', '--input-type=module', '--eval', program];
    const { stdout } = spawnSync(process.execPath, limits, { encoding: 'utf8' });
    expect(stdout).toBe('100000000\n');
  });

  test('a line that somebody damaged is named', async () => {
    await append(lettersOf(2));
    await appendFile(file, 'oops\n');
    await expect(list()).rejects.toMatchObject({
      code: 'UNREADABLE',
      where: { file, line: 3 },
      message: `${file}:3 is no dead letter.`,
    });
    expect(await append(lettersOf(3))).toBe(1);
  });
});

describe('a full disk', () => {
  test('in the midst of a write is an error that leaves nothing of it, and what was kept before stays', async () => {
    const program = `
      const { FileDeadLetterWriter } = await import(${JSON.stringify(join(runtime, 'dead-letters/file-writer.ts'))});
      const { letterOf } = await import(${JSON.stringify(join(import.meta.dirname, 'letters.ts'))});
      const store = await FileDeadLetterWriter.open(${JSON.stringify(directory)}, 'orders');
      await store.append([letterOf({ sequence: 1 })]);
      const large = Array.from({ length: 10 }, (_, index) => letterOf({ sequence: 2, index, record: index + 'x'.repeat(9_000) }));
      await store.append(large).catch((error) => console.log(error.code, error.message));
      console.log(await store.append([letterOf({ sequence: 3 })]));`;
    const limited = `ulimit -f 32; exec "${process.execPath}" --input-type=module --eval "$PROGRAM"`;
    const child = spawn('bash', ['-c', limited], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PROGRAM: program },
    });
    const [output] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')]);
    expect(output.join('')).toBe(`STORAGE ${file}: the file is larger than the system allows (EFBIG).\n1\n`);
    expect((await list()).map((letter) => letter.sequence)).toEqual([1, 3]);
  });
});
