import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../scripts/postgres-server.ts';
import { renderKilledService } from './kill/workspace.ts';
import { EVENTS } from './server/events.ts';
import { runServerSuite } from './server/suite.ts';
import type { Service } from './service.ts';

let service: Service;
let server: PostgresServer;

beforeAll(async () => {
  [service, server] = await Promise.all([renderKilledService(), startPostgres()]);
});
afterAll(async () => {
  service.remove();
  await server.stop();
});

test('nothing-lost, nothing-doubled, dead-letters-once: whatever happens to PostgreSQL in the middle of a run', {
  timeout: 300_000,
}, async () => {
  const seen: string[] = [];
  for await (const result of runServerSuite(EVENTS, { service, server })) {
    expect(result, result.event).toMatchObject({ lost: 0, doubled: 0, wronglyDeadLettered: 0, problems: [] });
    if (result.skipped === undefined) seen.push(result.event);
    else expect(process.getuid?.(), result.skipped).not.toBe(0);
  }
  expect(seen.length).toBeGreaterThanOrEqual(EVENTS.length - 1);
});
