import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runCampaign } from './kill/campaign.ts';
import { modeOf, pairOf, ROUTES } from './kill/routes.ts';
import { renderKilledService } from './kill/workspace.ts';
import type { Service } from './service.ts';

/** Of each pair of source and sink; `npm run faults` kills more often. */
const KILLS_A_PAIR = 25;
const SEED = 1;
let service: Service;

beforeAll(async () => {
  service = await renderKilledService();
});
afterAll(() => service.remove());

describe.each([...new Set(ROUTES.map(pairOf))])('%s', (pair) => {
  const routes = ROUTES.filter((route) => pairOf(route) === pair);
  test.each(routes.map((route) => ({ mode: modeOf(route), route })))(
    'nothing-lost, nothing-doubled, dead-letters-once, accounted-for, readers-undisturbed: $mode, killed again and again',
    { timeout: 300_000 },
    async ({ route }) => {
      const kills = Math.ceil(KILLS_A_PAIR / routes.length);
      const result = await runCampaign(route, {
        service,
        server: inject('postgresUrl'),
        kills,
        seed: SEED,
        workers: 1,
      });
      expect(result).toMatchObject({ lost: 0, doubled: 0, wronglyDeadLettered: 0, problems: [] });
      expect(result.kills).toBeGreaterThanOrEqual(kills);
      // Were the product to call its steps by other names, the kills would no longer be where they are meant to be.
      const ofAll = ['extracted', 'dead letters durable', 'rows written', 'sink committed', 'manifest saved'];
      expect(result.known).toEqual(expect.arrayContaining(ofAll));
      if (route.mode === 'replace' && route.sink !== 'delta') expect(result.known).toContain('contents swapped');
    },
  );
});
