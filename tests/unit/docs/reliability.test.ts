import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectDirectory } from '../../../scripts/template/definition.ts';
import { modeOf, pairOf, ROUTES } from '../../faults/kill/routes.ts';
import { toMarkdown } from '../../faults/report/page.ts';
import { reportSchema } from '../../faults/report/results.ts';
import { EVENTS } from '../../faults/server/events.ts';
import { codeIn, readPage, rowsOf } from './pages.ts';

const report = reportSchema.parse(JSON.parse(readPage('docs/reference/reliability.json')));

it('reliability.md says what reliability.json says', () => {
  expect(readPage('docs/reference/reliability.md')).toBe(toMarkdown(report));
});

it('every pair of source and sink, every mode and every event was tried, and did no harm', () => {
  expect(report.kill.map(({ pair, mode }) => `${pair}, ${mode}`).toSorted()).toEqual(
    ROUTES.map((route) => `${pairOf(route)}, ${modeOf(route)}`).toSorted(),
  );
  expect(report.server.map(({ event }) => event).toSorted()).toEqual(EVENTS.map(({ name }) => name).toSorted());
  const harm = { lost: 0, doubled: 0, wronglyDeadLettered: 0, problems: 0 };
  for (const result of [...report.kill, ...report.network, ...report.server]) expect(result).toMatchObject(harm);
  expect(report.soak).toMatchObject({ lost: 0, doubled: 0, problems: 0, sessionsLeft: 0 });
});

const promises = rowsOf(readPage('docs/reference/delivery.md'), 'Promises').map(([name = '', , tests = '']) => ({
  name: codeIn(name)[0] ?? '',
  files: codeIn(tests),
}));

it.each(promises)('the promise $name is held by tests that have its name in theirs', ({ name, files }) => {
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(readFileSync(join(projectDirectory, file), 'utf8'), file).toContain(name);
});
