import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDirectory } from '../../scripts/template/definition.ts';
import { temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
const service = join(folder, 'orders');
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(...options: string[]) {
  const program = join(projectDirectory, 'scripts/start.ts');
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$|TEST$)/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--out', service, ...options], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, output: stdout + stderr };
}

it('renders, installs and runs a service, says what came of it, and goes on from there', () => {
  const first = start();
  expect(first.status, first.output).toBe(0);
  expect(first.stdout).toMatch(/Rendered the service orders with the Backstage scaffolder/);
  expect(first.stdout).toMatch(/orders +[\d,]+ rows/);
  expect(first.stdout).toMatch(/[1-9][\d,]* written .*orders/);
  expect(first.stdout).toMatch(/[1-9]\d* dead letters +data\/dead-letters\/orders\.ndjson/);
  expect(first.stdout).toMatch(/ 0 unaccounted/);
  for (const path of ['data/lake/orders', 'data/dead-letters/orders.ndjson', 'data/landing/orders']) {
    expect(first.stdout, 'says where it lies').toContain(join('orders', path));
  }

  const second = start();
  expect(second.status, second.output).toBe(0);
  expect(second.stdout).not.toMatch(/Rendered|Installing/);
  expect(second.stdout).toMatch(/orders +nothing new/);

  const header = readFileSync(join(service, 'data/landing/orders/2026-01.csv'), 'utf8').split('\n')[0];
  writeFileSync(
    join(service, 'data/landing/orders/2027-01.csv'),
    `${header}\n9000001,7,DE,EUR,2,10.50,paid,2027-01-01T08:00:00Z,2027-01-01T08:00:00Z\n`,
  );
  const third = start();
  expect(third.status, third.output).toBe(0);
  expect(third.stdout).toMatch(/orders +1 row/);
  expect(third.stdout).toMatch(/ 1 written/);

  // A newer template: the service is rendered anew around its data.
  rmSync(join(folder, '.orders.rendered'));
  rmSync(join(service, 'Dockerfile'));
  const fourth = start();
  expect(fourth.status, fourth.output).toBe(0);
  expect(fourth.stdout).toMatch(/Rendered/);
  expect(fourth.stdout).not.toMatch(/Installing/);
  expect(fourth.stdout).toMatch(/orders +nothing new/);
  expect(existsSync(join(service, 'Dockerfile'))).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['.orders.rendered', 'orders']);
});
