import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AssembledRepository, finished } from '../../support/assemble-repository.ts';

const OVERLAYS = ['base', 'formats/parquet', 'connectors/delta', join(import.meta.dirname, 'repository')];
const FAST = / {2}\S+ rows\/s {2}[\d.]+ s$/m;

let repository: AssembledRepository;
beforeAll(async () => {
  repository = await AssembledRepository.assemble(OVERLAYS);
});
afterAll(() => repository.remove());

describe('help and mistakes on the command line', () => {
  it.each([
    [['--help']],
    [['run', '--help']],
    [['history', '--help']],
    [['dlq', '--help']],
    [['dlq', 'replay', '--help']],
  ])('%s', async (args) => {
    const { exitCode, stdout } = await repository.pipeline(args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchSnapshot();
  });

  it.each([
    [['rum'], "error CONFIGURATION: unknown command 'rum'\n(Did you mean run?)\n"],
    [['run', '--start'], "error CONFIGURATION: unknown option '--start'\n(Did you mean --shard?)\n"],
    [['dlq', 'show'], "error CONFIGURATION: missing required argument 'id'\n"],
    [
      ['history', '--limit', 'all'],
      "error CONFIGURATION: option '-n, --limit <count>' argument 'all' is invalid. It must be a whole number from 1 to 9999999.\n",
    ],
    [
      ['history', '--status', 'done'],
      "error CONFIGURATION: option '-s, --status <status>' argument 'done' is invalid. Allowed choices are running, complete, failed, interrupted.\n",
    ],
  ])('%j', async (args, message) => {
    const result = await repository.pipeline(args);
    expect(result).toEqual({
      exitCode: 64,
      stdout: '',
      stderr: `${message}  hint: add --help to see what is possible\n`,
    });
  });

  it('shows help where no command is given, and does not call that complete', async () => {
    const { exitCode, stderr } = await repository.pipeline([]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('Usage: pipeline');
  });

  it('names the resources where one does not exist', async () => {
    const { exitCode, stderr } = await repository.pipeline(['run', 'letters']);
    expect(exitCode).toBe(64);
    expect(stderr).toBe('error CONFIGURATION: There is no resource letters; the resources are numbers.\n');
  });
});

describe('validate', () => {
  it('says what goes where', async () => {
    const { exitCode, stdout } = await repository.pipeline(['validate']);
    expect(stdout).toBe(
      'pipeline.yaml is valid\n  numbers  counter (numbers) → lake (delta), append, definition numbers\n',
    );
    expect(exitCode).toBe(0);
  });

  it('tells every problem with its line, for people and for machines', async () => {
    await repository.write(
      'wrong.yaml',
      'name: counting\nconnections:\n  lake: { type: delta, paht: x }\nresources:\n  a: { source: { connection: sea }, sink: { connection: lake, table: a } }\n',
    );
    const people = await repository.pipeline(['validate', '--config', 'wrong.yaml']);
    expect(people).toEqual({
      exitCode: 64,
      stdout: '',
      stderr: `error CONFIGURATION: 3 problems in wrong.yaml
wrong.yaml:3:3 connections.lake.path: is missing; it must be text
wrong.yaml:3:24 connections.lake.paht: unknown option; the options are type, path
  hint: did you mean path?
wrong.yaml:5:30 resources.a.source.connection: there is no connection "sea"; the connections are lake
`,
    });
    const machines = await repository.pipeline(['validate', '--config', 'wrong.yaml', '--json']);
    expect(machines.exitCode).toBe(64);
    expect(JSON.parse(machines.stdout)).toMatchObject({
      valid: false,
      problems: [{ file: 'wrong.yaml', line: 3, column: 3 }, { hint: 'did you mean path?' }, { line: 5, column: 30 }],
    });
  });

  it('knows the definitions that exist', async () => {
    await repository.write(
      'undefined.yaml',
      'name: counting\nconnections:\n  c: { type: numbers, url: "${C}" }\n  lake: { type: delta, path: x }\nresources:\n  a:\n    definition: number\n    source: { connection: c, count: 1 }\n    sink: { connection: lake, table: a }\n',
    );
    const { exitCode, stderr } = await repository.pipeline(['validate', '--config', 'undefined.yaml']);
    expect(exitCode).toBe(64);
    expect(
      stderr,
    ).toBe(`error CONFIGURATION: undefined.yaml:7:17 resources.a.definition: there is no definition "number"; src/resources has numbers
  hint: did you mean numbers?
`);
  });
});

describe('a run and what is known of it afterwards', () => {
  it('looks before it moves', async () => {
    const { exitCode, stdout } = await repository.pipeline(['preflight']);
    expect(stdout.replaceAll(repository.directory, '.')).toMatchInlineSnapshot(`
      "pipeline counting
        ok      configuration  pipeline.yaml is valid
        ok      state          data/state/state.db can be written
        ok      dead letters   ./data/dead-letters can be written
        ok      alerts         no webhook: nobody is told when a run fails
      resource numbers
        ok      source: connect                counts to 1000
        ok      sink: write data/lake/numbers  will be created in ./data
        ok      sink: table data/lake/numbers  will be created
        ok      columns                        number
      "
    `);
    expect(exitCode).toBe(0);
  });

  it('tells the story', async () => {
    const { exitCode, stdout, stderr } = await repository.pipeline(['run']);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(FAST);
    expect(stdout.replace(FAST, '')).toBe(`numbers  1,000 rows
  997 written       data/lake/numbers, Delta version 1
    3 dead letters  data/dead-letters/numbers.ndjson   (npm run pipeline -- dlq list)
    0 unaccounted
`);
  });

  it('finds nothing new the second time, and says so to machines', async () => {
    const { exitCode, stdout } = await repository.pipeline(['run', 'numbers', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ resource: 'numbers', status: 'complete', counts: { read: 0 } }]);
  });

  it('shows status and history', async () => {
    const status = await repository.pipeline(['status']);
    expect(status.stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-01-02 03:04:05')).toMatchInlineSnapshot(`
      "resource  last run (UTC)       status    open dead letters  failed alerts  position
      numbers   2026-01-02 03:04:05  complete                  3              0  {"last":1000}
      "
    `);
    const history = await repository.pipeline(['history', '--limit', '1', '--json', '--resource', 'numbers']);
    expect(JSON.parse(history.stdout)).toMatchObject([{ counts: { read: 0 } }]);
    const table = (await repository.pipeline(['history'])).stdout.split('\n');
    expect(table[0]).toBe('started (UTC)        resource  status     read  written  dead letters  duration  error');
    expect(table[2]).toMatch(/^\S+ \S+ {2}numbers {3}complete {2}1,000 {6}997 {13}3 {2}[\d.]+ s$/);
  });

  it('lists dead letters without letting their contents reach the terminal', async () => {
    const { stdout } = await repository.pipeline(['dlq', 'list', '--limit', '2']);
    const [header, first, second, more] = stdout.split('\n');
    expect(header).toBe('id            time (UTC)           resource  stage     origin   row  error');
    expect(first).toMatch(/^[0-9a-f]{12} .* numbers {3}contract {2}numbers {2}300 {2}number: is not a whole number$/);
    expect(second).toContain(' 600 ');
    expect(more).toBe('and 1 more; --limit shows more of them');
    expect(stdout).not.toContain('\u001b');
  });

  it('shows one by the start of its id', async () => {
    const listed = await repository.pipeline(['dlq', 'list', '--json']);
    const [letter] = JSON.parse(listed.stdout);
    const shown = await repository.pipeline(['dlq', 'show', letter.id.slice(0, 10)]);
    expect(JSON.parse(shown.stdout)).toEqual(letter);
    const missing = await repository.pipeline(['dlq', 'show', 'zzz']);
    expect(missing).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('There is no dead letter zzz.') });
  });

  it('replays them once the cause is mended', async () => {
    const before = await repository.pipeline(['dlq', 'replay']);
    expect(before.exitCode).toBe(1);
    expect(before.stdout).toContain('numbers  0 replayed, 3 failed again');
    await repository.write(
      'src/resources/numbers.ts',
      `import { z } from 'zod';
import { resource } from '../runtime/resource.ts';
import { integer } from '../runtime/schema/fields.ts';
const many = z.string().startsWith('many').transform(() => -1);
export const numbers = resource('numbers').from(z.object({ number: z.union([many, integer()]) }));
`,
    );
    const after = await repository.pipeline(['dlq', 'replay']);
    expect(after).toEqual({ exitCode: 0, stdout: 'numbers  3 replayed, 0 failed again\n', stderr: '' });
    expect((await repository.pipeline(['dlq', 'list'])).stdout).toBe('no dead letters\n');
    expect((await repository.pipeline(['dlq', 'list', '--all'])).stdout).toContain('(replayed) number: is not');
  });
});

describe('failures', () => {
  const config = (source: string, deadLetters = '{ max: 5 }', url = '${COUNTER_URL}') => `name: counting
connections:
  counter: { type: numbers, url: "${url}" }
  lake: { type: delta, path: ./data/other }
resources:
  numbers:
    source: { connection: counter, ${source} }
    sink: { connection: lake, table: numbers }
    batchSize: 10
    deadLetters: ${deadLetters}
state: { path: ./data/other-state, deadLetters: ./data/other-letters }
`;

  /** Waits until a run holds the lease of its resource. */
  const running = () =>
    vi.waitFor(() => {
      const file = join(repository.directory, 'data/other-state/state.db');
      using state = new DatabaseSync(file, { readOnly: true });
      expect(state.prepare('SELECT name FROM leases').all()).toHaveLength(1);
    }, 20_000);

  it('too many dead letters', async () => {
    await repository.write('budget.yaml', config('count: 100, wordEvery: 1', '{ max: 20, share: 1 }'));
    await repository.write('src/resources/numbers.ts', STRICT);
    const { exitCode, stdout, stderr } = await repository.pipeline(['run', '--config', 'budget.yaml'], {
      COUNTER_URL: 'counter://localhost',
    });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^numbers {2}failed after \d+ rows/);
    expect(stderr).toMatch(/^error DEAD_LETTER_BUDGET: 30 dead letters; at most 20 are allowed\.\n/);
  });

  it('a missing variable, named with its line', async () => {
    await repository.write('missing.yaml', config('count: 1'));
    const expected = `missing.yaml:3:34 connections.counter.url: environment variable COUNTER_URL is not set`;
    const run = await repository.pipeline(['run', '--config', 'missing.yaml']);
    expect(run.exitCode).toBe(64);
    expect(run.stderr).toContain(expected);
    const preflight = await repository.pipeline(['preflight', '--config', 'missing.yaml']);
    expect(preflight.exitCode).toBe(64);
    expect(preflight.stdout).toContain(`FAILED  source`);
    expect(preflight.stdout).toContain(expected);
  });

  it('a .env fills in what the environment does not say, and says so where it cannot be read', async () => {
    await repository.write('.env', 'COUNTER_URL=counter://refused.example/from-file\n');
    const filled = await repository.pipeline(['preflight', '--config', 'missing.yaml', '--json']);
    expect(filled.exitCode).toBe(75);
    const environment = { COUNTER_URL: 'counter://localhost' };
    expect((await repository.pipeline(['preflight', '--config', 'missing.yaml'], environment)).exitCode).toBe(0);
    await rm(join(repository.directory, '.env'));
    await mkdir(join(repository.directory, '.env'));
    expect(await repository.pipeline(['validate'])).toEqual({
      exitCode: 64,
      stdout: '',
      stderr: 'error CONFIGURATION: .env the file cannot be read\n  hint: make it a readable file, or remove it\n',
    });
    await rmdir(join(repository.directory, '.env'));
  });

  it('a source that does not answer, without its password', async () => {
    const environment = { COUNTER_URL: 'counter://user:hunter22@refused.example' };
    await repository.write('refused.yaml', config('count: 1'));
    for (const command of ['run', 'preflight']) {
      const { exitCode, stdout, stderr } = await repository.pipeline(
        [command, '--config', 'refused.yaml'],
        environment,
      );
      expect(exitCode).toBe(75);
      expect(stdout + stderr).toContain('counter://user:***@refused.example does not answer.');
      expect(stdout + stderr).not.toContain('hunter22');
    }
    const history = await repository.pipeline(['history', '--config', 'refused.yaml', '--json']);
    expect(history.stdout).not.toContain('hunter22');
  });

  it('a stop by SIGTERM commits what is in hand, and the next run goes on there', async () => {
    await repository.write('slow.yaml', config('count: 1000, pause: 20').replace('data/other }', 'data/slow }'));
    const environment = { COUNTER_URL: 'counter://localhost' };
    const child = repository.start(['src/main.ts', 'run', '--config', 'slow.yaml', '--json'], environment);
    const end = finished(child);
    await running();
    child.kill('SIGTERM');
    const stopped = await end;
    expect(stopped.stderr).toMatch(
      /^SIGTERM: stopping after what is in hand; once more to stop at once\nerror INTERRUPTED/,
    );
    expect(stopped.exitCode).toBe(75);
    const [first] = JSON.parse(stopped.stdout);
    expect(first.status).toBe('interrupted');
    expect(first.counts.written).toBeLessThan(1000);
    const next = await repository.pipeline(['run', '--config', 'slow.yaml', '--json'], environment);
    expect(next.exitCode).toBe(0);
    expect(first.counts.written + JSON.parse(next.stdout)[0].counts.written).toBe(1000);
  });

  it('two runs of a resource at once', async () => {
    await repository.write('twice.yaml', config('count: 2000, pause: 20').replace('data/other }', 'data/twice }'));
    const environment = { COUNTER_URL: 'counter://localhost' };
    const child = repository.start(['src/main.ts', 'run', '--config', 'twice.yaml'], environment);
    const first = finished(child);
    await running();
    const second = await repository.pipeline(['run', '--config', 'twice.yaml'], environment);
    child.kill('SIGTERM');
    expect((await first).exitCode).toBe(75);
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toMatch(/^error LOCKED: numbers is being run by process \d+/);
  });
});

const STRICT = `import { z } from 'zod';
import { resource } from '../runtime/resource.ts';
import { integer } from '../runtime/schema/fields.ts';
export const numbers = resource('numbers').from(z.object({ number: integer() }));
`;
