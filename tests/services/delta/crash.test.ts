import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
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
async function run(path: string, mode: string, batches: number, crashAt = 0): Promise<boolean> {
  const work = { path, stream: STREAM, mode, batches, rows: 3, first: 0 };
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
      await run(before, 'append', 9);
      const expected = folder(`expected-${mode}`);
      await cp(before, expected, { recursive: true });
      await run(expected, mode, 10);
      const { rows, version } = await deltalake.read(expected);

      const tables: string[] = [];
      let crashed = true;
      for (let crashAt = 1; crashed; crashAt += 2) {
        const pair = [crashAt, crashAt + 1];
        const outcomes = await Promise.all(
          pair.map(async (operation) => {
            const path = folder(`${mode}-${operation}`);
            await cp(before, path, { recursive: true });
            const wasKilled = await run(path, mode, 10, operation);
            if (wasKilled) await run(path, mode, 10);
            tables.push(path);
            return wasKilled;
          }),
        );
        crashed = outcomes.every((outcome) => outcome);
      }
      expect(version).toBe(10);
      expect(tables.length).toBeGreaterThan(30);
      const contents = await deltalake.readIds(tables);
      const ids = rows.map(({ id }) => id);
      expect(contents).toEqual(Object.fromEntries(tables.map((path) => [path, ids])));
    },
    300_000,
  );
});
