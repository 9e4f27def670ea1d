import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { renderSteps } from '../../scripts/template/rendering.ts';
import { localTemplate, temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

it('leaves no temporary folder behind when an action fails', async () => {
  const temporary = mkdtempSync(join(folder, 'temporary-'));
  vi.stubEnv('TMPDIR', temporary);
  const broken = { id: 'broken', name: 'Broken', action: 'fetch:template', input: { url: './missing', values: {} } };
  const template = { ...localTemplate, spec: { ...localTemplate.spec, steps: [broken] } };
  await expect(renderSteps(template, {}, join(folder, 'rendered'))).rejects.toThrow('missing');
  expect(readdirSync(temporary)).toEqual([]);
});
