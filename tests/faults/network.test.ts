import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { modeOf, pairOf } from './kill/routes.ts';
import { renderKilledService } from './kill/workspace.ts';
import { FAULTS } from './network/proxy.ts';
import { NETWORK_ROUTES, runNetworkSuite } from './network/suite.ts';
import type { Service } from './service.ts';

const SEED = 1;
let service: Service;

beforeAll(async () => {
  service = await renderKilledService();
});
afterAll(() => service.remove());

/** Two faults for each way, so that source and sink meet each of them; `npm run faults` tries all of them everywhere. */
const ways = NETWORK_ROUTES.map((route, index) => ({
  route,
  name: `${pairOf(route)}, ${modeOf(route)}`,
  faults: FAULTS.filter((_, fault) => fault % 3 === index % 3),
}));

test.concurrent.each(ways)(
  'nothing-lost, nothing-doubled, dead-letters-once, never-hanging: $name, with $faults in each phase of the protocol',
  { timeout: 300_000 },
  async ({ route, faults }) => {
    const options = { service, server: inject('postgresUrl'), faults, times: 1, seed: SEED };
    for await (const result of runNetworkSuite(route, options)) {
      expect(result).toMatchObject({ lost: 0, doubled: 0, wronglyDeadLettered: 0, problems: [] });
      expect(result.phases).toEqual(expect.arrayContaining(['connect', 'authentication']));
      expect(result.phases.some((phase) => phase.startsWith('copy'))).toBe(true);
    }
  },
);
