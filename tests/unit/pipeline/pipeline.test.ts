import { expect, test } from 'vitest';
import { z } from 'zod';
import { PipelineError } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import type { Batch, Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { CallPolicy } from '../../../skeleton/base/src/runtime/pipeline/call-policy.ts';
import type { FailedRecords } from '../../../skeleton/base/src/runtime/pipeline/dead-letter-queue.ts';
import type { LoadReport } from '../../../skeleton/base/src/runtime/pipeline/loader.ts';
import { Pipeline, type PipelineOptions } from '../../../skeleton/base/src/runtime/pipeline/pipeline.ts';
import { type Effect, Transformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { Validator } from '../../../skeleton/base/src/runtime/pipeline/validator.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { MemoryExtractor } from '../../../skeleton/base/src/runtime/testing/memory-extractor.ts';
import { MemoryLoader } from '../../../skeleton/base/src/runtime/testing/memory-loader.ts';

type Numbered = { readonly id: number };
const rows = (count: number): Numbered[] => Array.from({ length: count }, (_, id) => ({ id }));

class Change extends Transformer<Numbered, Numbered> {
  override readonly effect: Effect;
  readonly #change: (rows: readonly Numbered[]) => readonly Numbered[];

  constructor(effect: Effect, change: (rows: readonly Numbered[]) => readonly Numbered[]) {
    super();
    this.effect = effect;
    this.#change = change;
  }

  transform(given: readonly Numbered[]): readonly Numbered[] {
    return this.#change(given);
  }
}

/** Counts records instead of keeping them. */
class Counting extends MemoryLoader {
  override async load(batch: Batch): Promise<LoadReport> {
    this.recordsWritten += batch.size;
    return { written: batch.size };
  }
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}

const numbered = () => resource('numbers').from(z.object({ id: z.int() }));

function pipeline(options: Partial<PipelineOptions<Row, Row>> & { count?: number; batchSize?: number }) {
  const loader = options.loader ?? new MemoryLoader();
  const failed: FailedRecords[] = [];
  const made = new Pipeline<Row, Row>({
    name: 'numbers',
    pipeline: 'test',
    extractor: new MemoryExtractor(rows(options.count ?? 100), options.batchSize ?? 10),
    definition: numbered(),
    start: { from: undefined, firstSequence: 1 },
    schemaEvolution: 'manual',
    deadLetterBudget: { max: 10, share: 1, window: 1000 },
    keepDeadLetters: async (records) => {
      failed.push(records);
    },
    ...options,
    loader,
  });
  return { made, loader, failed, run: (signal = new AbortController().signal) => made.run(signal) };
}

const written = (loader: unknown): unknown[] => (loader instanceof MemoryLoader ? [...loader.rows] : []);

test('every record arrives once, in order, whatever the batch size', async () => {
  for (const batchSize of [1, 7, 100, 1000]) {
    const { run, loader } = pipeline({ batchSize });
    expect((await run()).counts).toMatchObject({ read: 100, written: 100, deadLettered: 0 });
    expect(written(loader)).toEqual(rows(100));
  }
});

test('records that make a transformer throw are isolated, and only they', async () => {
  const definition = numbered().transform(
    new Change('map', (given) => {
      const poison = given.find(({ id }) => id === 13 || id === 77);
      if (poison !== undefined) throw new Error(`cannot do ${poison.id}`);
      return given;
    }),
  );
  const { run, loader, failed } = pipeline({ definition });
  expect((await run()).counts).toMatchObject({ read: 100, written: 98, deadLettered: 2 });
  expect(written(loader)).toEqual(rows(100).filter(({ id }) => id !== 13 && id !== 77));
  expect(failed.flatMap(({ stage, rejections }) => rejections.map((one) => ({ stage, ...one })))).toMatchObject([
    { stage: 'transform', record: { id: 13 }, rowNumber: 14, message: 'cannot do 13' },
    { stage: 'transform', record: { id: 77 }, rowNumber: 78, message: 'cannot do 77' },
  ]);
});

test.each([
  { what: 'a full disk', error: systemError('ENOSPC', 'write'), code: 'STORAGE' },
  { what: 'a disk that fails', error: systemError('EIO', 'read'), code: 'STORAGE' },
  { what: 'a read-only disk', error: systemError('EROFS', 'open'), code: 'ACCESS_DENIED' },
  { what: 'too many open files', error: systemError('EMFILE', 'open'), code: 'STORAGE' },
  { what: 'a refused connection', error: systemError('ECONNREFUSED', 'connect'), code: 'UNAVAILABLE' },
  {
    what: 'a reset connection under fetch',
    error: new TypeError('fetch failed', { cause: systemError('ECONNRESET', 'read') }),
    code: 'UNAVAILABLE',
  },
  {
    what: 'addresses none of which answers',
    error: new AggregateError([systemError('ETIMEDOUT', 'connect'), systemError('EHOSTUNREACH', 'connect')]),
    code: 'UNAVAILABLE',
  },
])('$what in a transformer is no bad record', async ({ error, code }) => {
  const definition = numbered().transform(
    new Change('map', (given) => {
      if (given.some(({ id }) => id === 13)) throw error;
      return given;
    }),
  );
  const { run, failed } = pipeline({ definition });
  await expect(run()).rejects.toMatchObject({ code });
  expect(failed).toEqual([]);
});

test('a file that a record names and nobody has is the fault of the record', async () => {
  const definition = numbered().transform(
    new Change('map', (given) => {
      if (given.some(({ id }) => id === 13)) throw systemError('ENOENT', 'open');
      return given;
    }),
  );
  expect((await pipeline({ definition }).run()).counts).toMatchObject({ written: 99, deadLettered: 1 });
});

test('a batch may be as large as the configuration allows', async () => {
  const definition = numbered().transform(new Change('map', (given) => given));
  const { run } = pipeline({ definition, loader: new Counting(), count: 300_000, batchSize: 300_000 });
  expect((await run()).counts).toMatchObject({ read: 300_000, written: 300_000, deadLettered: 0 });
});

test.each<{ effect: Effect; change: (rows: readonly Numbered[]) => readonly Numbered[]; counts: object }>([
  {
    effect: 'filter',
    change: (given) => given.filter(({ id }) => id % 2 === 0),
    counts: { filtered: 50, written: 50 },
  },
  { effect: 'expand', change: (given) => [...given, ...given], counts: { expanded: 100, written: 200 } },
  { effect: 'merge', change: (given) => given.slice(0, 1), counts: { merged: 90, written: 10 } },
])('a transformer that says it does $effect is accounted for', async ({ effect, change, counts }) => {
  const { run } = pipeline({ definition: numbered().transform(new Change(effect, change)) });
  expect((await run()).counts).toMatchObject({ read: 100, ...counts });
});

test('a transformer that loses a record without saying so fails the run and is named', async () => {
  const { run } = pipeline({ definition: numbered().transform(new Change('map', (given) => given.slice(1))) });
  await expect(run()).rejects.toMatchObject({
    code: 'UNRECONCILED',
    message: 'Change was given 10 records and made 9.',
    where: { batch: 1 },
  });
});

test('a sink that confirms fewer records than it was given fails the run', async () => {
  class Forgetful extends MemoryLoader {
    override async load(batch: Batch): Promise<LoadReport> {
      const report = await super.load(batch);
      this.recordsWritten -= 1;
      return report;
    }
  }
  await expect(pipeline({ loader: new Forgetful() }).run()).rejects.toMatchObject({
    code: 'UNRECONCILED',
    message: '100 records were given to the sink, and it confirms 90.',
  });
});

test('dead letters are durable before the sink sees the batch they come from', async () => {
  const order: string[] = [];
  class Noting extends MemoryLoader {
    override async load(batch: Batch): Promise<LoadReport> {
      order.push(`load ${batch.identity.sequence}`);
      return super.load(batch);
    }
  }
  const { run } = pipeline({
    loader: new Noting(),
    count: 20,
    definition: resource('numbers').from(z.object({ id: z.int().max(18) })),
    keepDeadLetters: async ({ batch }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`dead letter of ${batch.sequence}`);
    },
  });
  await run();
  expect(order.indexOf('dead letter of 2')).toBeGreaterThan(-1);
  expect(order.indexOf('dead letter of 2')).toBeLessThan(order.indexOf('load 2'));
});

test('more dead letters than the budget stop the run, and the batch that passes it is not committed', async () => {
  const { run, loader } = pipeline({ definition: resource('numbers').from(z.object({ id: z.int().max(49) })) });
  await expect(run()).rejects.toMatchObject({ code: 'DEAD_LETTER_BUDGET', exitCode: 3 });
  expect(written(loader)).toEqual(rows(50));
});

test('a share of dead letters above the budget fails a short run at its end', async () => {
  const definition = resource('numbers').from(z.object({ id: z.int().min(6) }));
  const { run, loader } = pipeline({ definition, deadLetterBudget: { max: 10, share: 0.05, window: 1000 } });
  await expect(run()).rejects.toMatchObject({
    code: 'DEAD_LETTER_BUDGET',
    message: '6 of 100 records are dead letters (6.0 %); at most 5.0 % are allowed.',
  });
  expect(written(loader)).toHaveLength(94);
});

test.each([
  { share: 0.05, dead: 1, fails: false },
  { share: 0.05, dead: 2, fails: true },
  { share: 0, dead: 1, fails: true },
])(
  'of 10 records $dead are dead letters at a share of $share: the run fails: $fails',
  async ({ share, dead, fails }) => {
    const definition = resource('numbers').from(z.object({ id: z.int().min(dead) }));
    const { run } = pipeline({ definition, count: 10, deadLetterBudget: { max: 10, share, window: 1000 } });
    const ended = run().then(
      () => false,
      (error: PipelineError) => error.code === 'DEAD_LETTER_BUDGET',
    );
    expect(await ended).toBe(fails);
  },
);

test('a validator refuses records, or fails the run', async () => {
  class Even extends Validator<Numbered> {
    override readonly failOnError: boolean;
    constructor(failOnError: boolean) {
      super();
      this.failOnError = failOnError;
    }
    validate(given: readonly Numbered[]) {
      const failures = given.flatMap(({ id }, index) => (id === 42 ? [{ index, message: 'is 42', column: 'id' }] : []));
      return { failures };
    }
  }
  const lenient = pipeline({ definition: numbered().validate(new Even(false)) });
  expect((await lenient.run()).counts).toMatchObject({ written: 99, deadLettered: 1 });
  expect(lenient.failed).toMatchObject([{ stage: 'validate', component: 'Even', rejections: [{ rowNumber: 43 }] }]);
  await expect(pipeline({ definition: numbered().validate(new Even(true)) }).run()).rejects.toMatchObject({
    code: 'REJECTED',
    where: { batch: 5, row: 43, column: 'id' },
  });
});

test('a sink that is away for a moment gets the batch again', async () => {
  class Flaky extends MemoryLoader {
    attempts = 0;
    override async load(batch: Batch): Promise<LoadReport> {
      this.attempts += 1;
      if (this.attempts % 3 === 0) throw new PipelineError('UNAVAILABLE', 'connection lost');
      return super.load(batch);
    }
  }
  const { run, loader } = pipeline({ loader: new Flaky(), batchSize: 50 });
  expect((await run()).counts).toMatchObject({ written: 100, retries: 0 });
  expect(written(loader)).toEqual(rows(100));
  const flaky = pipeline({ loader: new Flaky(), batchSize: 25 });
  expect((await flaky.run()).counts).toMatchObject({ written: 100, retries: 1 });
});

test('a source that breaks off is opened again behind the last batch', async () => {
  class Breaking extends MemoryExtractor {
    #breaks = 2;
    override async *extract(request: Parameters<MemoryExtractor['extract']>[0]): AsyncGenerator<Batch> {
      for await (const batch of super.extract(request)) {
        yield batch;
        if (this.#breaks > 0) {
          this.#breaks -= 1;
          throw new PipelineError('UNAVAILABLE', 'connection lost');
        }
      }
    }
  }
  const { run, loader } = pipeline({ extractor: new Breaking(rows(100), 10) });
  expect((await run()).counts).toMatchObject({ read: 100, written: 100, batches: 10, retries: 2 });
  expect(written(loader)).toEqual(rows(100));
});

test('a source that hangs is given up at its deadline, and opened again behind the last batch', async () => {
  class Hanging extends MemoryExtractor {
    #hangs = 2;
    override async *extract(request: Parameters<MemoryExtractor['extract']>[0]): AsyncGenerator<Batch> {
      for await (const batch of super.extract(request)) {
        yield batch;
        if (this.#hangs === 0) continue;
        this.#hangs -= 1;
        // Ends without a word when it is stopped, which is not the end of the source.
        await new Promise((resolve) => request.signal?.addEventListener('abort', resolve));
        return;
      }
    }
  }
  const extractor = new Hanging(rows(100), 10);
  const deadlines = { answer: 100, retry: 30_000 };
  const calls = {
    source: new CallPolicy({ name: 'The source', abandon: () => extractor.abandon(), deadlines }),
    sink: new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines }),
  };
  const { run, loader } = pipeline({ extractor, calls });
  expect((await run()).counts).toMatchObject({ read: 100, written: 100, batches: 10, retries: 2 });
  expect(written(loader)).toEqual(rows(100));
});

test('a sink that fails does not wait for a source that hangs', async () => {
  class Hanging extends MemoryExtractor {
    override async *extract(request: Parameters<MemoryExtractor['extract']>[0]): AsyncGenerator<Batch> {
      for await (const batch of super.extract(request)) {
        yield batch;
        await new Promise((resolve) => request.signal?.addEventListener('abort', resolve));
        return;
      }
    }
  }
  class Broken extends MemoryLoader {
    override async load(): Promise<LoadReport> {
      throw new PipelineError('STORAGE', 'no space left');
    }
  }
  const { run } = pipeline({ extractor: new Hanging(rows(100), 10), loader: new Broken() });
  await expect(run()).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a run that is asked to stop commits what it has in hand, and the next one goes on there', async () => {
  const stop = new AbortController();
  const loader = new MemoryLoader();
  const first = pipeline({ loader, onProgress: ({ written: so }) => so >= 30 && stop.abort() });
  await expect(first.run(stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 75 });
  const checkpoint = await loader.checkpoint();
  expect(checkpoint).toMatchObject({ complete: false });
  expect(loader.rows.length).toBeLessThan(100);
  loader.recordsWritten = 0;
  await pipeline({
    loader,
    start: { from: checkpoint?.position, firstSequence: (checkpoint?.sequence ?? 0) + 1 },
  }).run();
  expect(loader.rows).toEqual(rows(100));
});

test('a sink that takes effect only at the end confirms nothing of a run that is asked to stop', async () => {
  class AllAtOnce extends MemoryLoader {
    #waiting = 0;
    override async load(batch: Batch): Promise<LoadReport> {
      this.#waiting += batch.size;
      return { written: batch.size };
    }
    override async finish(complete: boolean): Promise<void> {
      if (complete) this.recordsWritten = this.#waiting;
    }
  }
  const stop = new AbortController();
  const { run, made } = pipeline({ loader: new AllAtOnce(), onProgress: () => stop.abort() });
  await expect(run(stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(made.metrics.counts.written).toBe(0);
  expect((await pipeline({ loader: new AllAtOnce() }).run()).counts.written).toBe(100);
});

test('a fault of the sink is the error of the run', async () => {
  class Broken extends MemoryLoader {
    override async load(): Promise<LoadReport> {
      throw new PipelineError('STORAGE', 'no space left');
    }
  }
  await expect(pipeline({ loader: new Broken() }).run()).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a column that the contract does not know fails the run before a record is read', async () => {
  const extractor = new MemoryExtractor([{ id: 1, surprise: 'x' }]);
  await expect(pipeline({ extractor }).run()).rejects.toMatchObject({
    code: 'SCHEMA_DRIFT',
    message: 'The source has the column surprise, which the contract does not know.',
  });
  const tolerant = pipeline({ extractor: new MemoryExtractor([{ id: 1, surprise: 'x' }]), schemaEvolution: 'warn' });
  expect((await tolerant.run()).counts.written).toBe(1);
});

test('steps whose types do not meet do not compile', () => {
  const ids = resource('ids').from(z.object({ id: z.int() }));
  class Lengths extends Transformer<{ readonly name: string }, { readonly length: number }> {
    transform(given: readonly { readonly name: string }[]) {
      return given.map(({ name }) => ({ length: name.length }));
    }
  }
  // @ts-expect-error ids have no name
  ids.transform(new Lengths());
  // @ts-expect-error a record with an id is no record with a name
  ids.to(z.object({ name: z.string() }));
  const lengths = resource('names')
    .from(z.object({ name: z.string() }))
    .transform(new Lengths());
  expect(lengths.to(z.object({ length: z.int() })).stages.list).toHaveLength(3);
});
