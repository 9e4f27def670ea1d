import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { renderKilledService } from './kill/workspace.ts';
import type { Service } from './service.ts';
import { soak } from './soak/suite.ts';

const SECONDS = 20;
let service: Service;

beforeAll(async () => {
  service = await renderKilledService();
});
afterAll(() => service.remove());

test('late-commits-found, nothing-leaked: runs beside writers that insert, update and commit late', {
  timeout: 300_000,
}, async () => {
  const result = await soak(SECONDS, { service, server: inject('postgresUrl'), seed: 1 });
  expect(result).toMatchObject({ lost: 0, doubled: 0, sessionsLeft: 0, problems: [] });
  expect(result.runs).toBeGreaterThan(3);
  expect(result.lateCommits).toBeGreaterThan(0);
  expect(result.memoryMebibytes.last).toBeLessThan(1.3 * result.memoryMebibytes.first);
  expect(result.fileHandles.last).toBeLessThan(result.fileHandles.first + 5);
});
