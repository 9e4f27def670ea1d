import { execFile } from 'node:child_process';
import { cp, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssembledRepository, finished } from '../../support/assemble-repository.ts';
import { Deltalake } from './deltalake.ts';
import { STREAM, tableFolder } from './loading.ts';

const folder = await tableFolder();
let deltalake: Deltalake;
let repository: AssembledRepository;
beforeAll(async () => {
  deltalake = await Deltalake.install();
  const programs = resolve(import.meta.dirname, 'programs');
  repository = await AssembledRepository.assemble(['base', 'formats/parquet', 'connectors/delta', programs]);
});
afterAll(() => repository.remove());

/** @returns whether the process was killed */
async function run(paths: readonly string[], mode: string, batches: number, crashAt = 0): Promise<boolean> {
  const work = { paths, stream: STREAM, mode, batches, rows: 3, first: 0 };
  const command = ['--import', './crash-at.mjs', 'load-batches.mjs', JSON.stringify(work)];
  const child = repository.start(command, { CRASH_AT: String(crashAt) });
  const { exitCode, stderr } = await finished(child);
  if (child.signalCode === 'SIGKILL') return true;
  expect([exitCode, stderr]).toEqual([0, '']);
  return false;
}

describe('a crash before any of the operations on files', () => {
  it.each(['append', 'replace'])(
    'of a run that writes a checkpoint too loses and doubles nothing: %s',
    async (mode) => {
      const before = folder(`before-${mode}`);
      await run([before], 'append', 9);
      const expected = folder(`expected-${mode}`);
      await cp(before, expected, { recursive: true });
      await run([expected], mode, 10);
      const { rows, version } = await deltalake.read(expected);

      const tables: string[] = [];
      let crashed = true;
      for (let crashAt = 1; crashed; crashAt += 2) {
        const pair = [crashAt, crashAt + 1];
        const outcomes = await Promise.all(
          pair.map(async (operation) => {
            const path = folder(`${mode}-${operation}`);
            await cp(before, path, { recursive: true });
            const wasKilled = await run([path], mode, 10, operation);
            tables.push(path);
            return wasKilled;
          }),
        );
        crashed = outcomes.every((outcome) => outcome);
      }
      expect(version).toBe(10);
      expect(tables.length).toBeGreaterThan(30);
      await run(tables, mode, 10);
      const contents = await deltalake.readIds(tables);
      const ids = rows.map(({ id }) => id);
      expect(contents).toEqual(Object.fromEntries(tables.map((path) => [path, ids])));
    },
    300_000,
  );
});

describe('a disk that is full', () => {
  it('stops the run with the reason, leaves no file, and the next run goes on', async () => {
    const path = folder('full');
    const work = { paths: [path], stream: STREAM, mode: 'append', batches: 2, rows: 200_000, first: 0 };
    const limited = 'ulimit -f 256; exec "$0" "$@"';
    const command = ['-c', limited, process.execPath, 'load-batches.mjs', JSON.stringify(work)];
    const failed = promisify(execFile)('sh', command, { cwd: repository.directory });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/PipelineError: .*: the (disk is full|file is larger than the system allows)/),
    });
    await run([path], 'append', 1);
    expect(await deltalake.readIds([path])).toEqual({ [path]: [0, 1, 2] });
    expect((await readdir(path)).filter((name) => name.endsWith('.parquet'))).toHaveLength(1);
  });
});
