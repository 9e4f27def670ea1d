import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { findNpm } from '../../../scripts/bootstrap.mjs';
import { projectDirectory } from '../../../scripts/template/definition.ts';
import { temporaryFolder } from '../renderer.ts';

const PACKAGE = 'backstage-plugin-scaffolder-backend-module-etl-pipeline';
const source = join(projectDirectory, 'backstage/scaffolder');
const manifestSchema = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});
const readManifest = (folder: string) =>
  manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

const company = temporaryFolder();
const installed = join(company, 'node_modules', PACKAGE);

beforeAll(() => {
  const npm = [findNpm(), 'pack', '--pack-destination', company];
  execFileSync(process.execPath, npm, { cwd: source, stdio: 'pipe' });
  const [archive = ''] = readdirSync(company).filter((name) => name.endsWith('.tgz'));
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(company, archive), '-C', installed, '--strip-components=1']);
  const { dependencies, peerDependencies } = readManifest(installed);
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, '@backstage/backend-defaults': '' })) {
    const link = join(company, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(projectDirectory, 'node_modules', name), link);
  }
});
afterAll(() => rm(company, { recursive: true, force: true }));

it('is installed into the backend of a company by one line', async () => {
  const backend = {
    baseUrl: 'http://127.0.0.1',
    listen: { host: '127.0.0.1', port: 0 },
    database: { client: 'better-sqlite3', connection: ':memory:' },
    auth: { externalAccess: [{ type: 'static', options: { token: 'a-token-of-the-test', subject: 'test' } }] },
  };
  writeFileSync(join(company, 'app-config.yaml'), stringify({ backend, events: { useEventBus: 'never' } }));
  writeFileSync(join(company, 'package.json'), JSON.stringify({ name: 'backend', private: true }));
  copyFileSync(join(import.meta.dirname, 'company-backend.mjs'), join(company, 'backend.mjs'));
  const child = spawn(process.execPath, ['backend.mjs'], { cwd: company, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let port = '';
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      port = /^LISTENING (\d+)$/.exec(line)?.[1] ?? port;
      if (line === 'STARTED') break;
    }
    expect(port, lines.join('\n')).not.toBe('');
    const response = await fetch(`http://127.0.0.1:${port}/api/scaffolder/v2/actions`, {
      headers: { authorization: 'Bearer a-token-of-the-test' },
    });
    const actions = z
      .array(z.looseObject({ id: z.string(), examples: z.array(z.unknown()).optional() }))
      .parse(await response.json());
    const own = actions.filter(({ id }) => id.startsWith('etl-pipeline:'));
    expect(own.map(({ id }) => id).toSorted()).toEqual(['etl-pipeline:check', 'etl-pipeline:update']);
    for (const { examples } of own) expect(examples?.length).toBeGreaterThan(1);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

it('has the version of the template, and dependencies of the versions that the tests run with', () => {
  const [project, own] = [readManifest(projectDirectory), readManifest(source)];
  expect(own.version).toBe(project.version);
  for (const [name, version] of Object.entries(own.dependencies))
    expect(project.dependencies[name], name).toBe(version);
  for (const [name, range] of Object.entries(own.peerDependencies))
    expect(`^${project.dependencies[name]}`, name).toBe(range);
});
