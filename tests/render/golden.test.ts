import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Answers, completeAnswers } from '../../scripts/template/answers.ts';
import type { Chosen } from './answers.ts';
import { expectedOverlays, filesOf, renderedPath } from './overlays.ts';
import { readTree } from './read-tree.ts';
import { localTemplate, renderInProcess, temporaryFolder } from './renderer.ts';

// Kept in tests/golden, to be read as a diff when a template changes. Written anew by `npm run test:golden`.
const GOLDEN: Readonly<Record<string, Answers>> = {
  smallest: { name: 'orders' },
  largest: {
    name: 'customer-orders',
    description: 'Moves customer orders into the lake, the warehouse and "exports".',
    owner: 'group:default/sales-data',
    system: 'system:default/sales',
    lifecycle: 'production',
    sources: ['files', 'postgres'],
    sinks: ['files', 'delta', 'postgres'],
    mode: 'incremental',
    engine: 'polars',
    quality: 'none',
    schemaEvolution: 'auto',
    orchestrator: 'none',
    schedule: '30 2 * * MON-FRI',
    timezone: 'Europe/Berlin',
    shards: 4,
    size: 'large',
    datadogSite: 'datadoghq.eu',
    serviceTags: ['team:sales', 'cost-centre:4711'],
    alertWebhook: 'slack',
    repoUrl: 'github.com?owner=acme&repo=customer-orders',
  },
};

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(Object.entries(GOLDEN))('%s', async (name, given) => {
  const repository = join(folder, name);
  await renderInProcess(given, repository);
  const tree = readTree(repository);
  const golden = join(import.meta.dirname, '../golden', name);
  await expect(`${[...tree.keys()].join('\n')}\n`).toMatchFileSnapshot(join(golden, 'files.txt'));
  const answers = completeAnswers(localTemplate, given) as Chosen;
  const rendered = expectedOverlays(answers)
    .flatMap(filesOf)
    .filter((path) => path.endsWith('.njk') && path !== 'package-lock.json.njk')
    .map((path) => renderedPath(path, answers));
  for (const path of rendered) {
    await expect(tree.get(path)?.toString('utf8')).toMatchFileSnapshot(join(golden, 'rendered', path));
  }
});
