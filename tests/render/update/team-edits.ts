import { expect } from 'vitest';
import type { TeamRepository } from './team-repository.ts';

/** A file of the template that the team does without. */
export const REMOVED_FILE = '.github/workflows/release.yaml';

/** What a team does to its repository, and an update has to keep. */
export function workAsTeam(team: TeamRepository): void {
  const sample = team.read('src/resources/orders.ts');
  team.write(
    'src/resources/refunds.ts',
    sample.replace("('orders')", "('refunds')").replace('const orders', 'const refunds'),
  );
  team.replace('src/resources/orders.ts', '1.15', '1.17');
  // Not every sample's test depends on the rate.
  team.write('tests/orders.test.ts', team.read('tests/orders.test.ts').replace('68.97', '70.16'));
  team.replace('pipeline.yaml', '\n  orders:\n', '\n  # Renamed by us.\n  sales:\n    definition: orders\n');
  team.edit('Dockerfile', (text) => `${text}LABEL org.opencontainers.image.vendor="Acme"\n`);
  team.delete(REMOVED_FILE);
  team.replace('package.json', '"new": "plop"', '"new": "plop",\n    "reload": "node src/main.ts run --start-over"');
  team.commit('Make it ours');
}

/** The files that are not as the template made them. */
export const TEAM_FILES = [
  'src/resources/refunds.ts',
  'src/resources/orders.ts',
  'tests/orders.test.ts',
  'pipeline.yaml',
  'Dockerfile',
  'package.json',
];

export function expectTeamEdits(team: TeamRepository): void {
  expect(team.read('src/resources/refunds.ts')).toContain("('refunds')");
  expect(team.read('src/resources/orders.ts')).toContain('1.17');
  expect(team.read('pipeline.yaml')).toContain('\n  # Renamed by us.\n  sales:\n    definition: orders\n');
  expect(team.read('Dockerfile')).toMatch(/LABEL org\.opencontainers\.image\.vendor="Acme"\n$/);
  expect(team.has(REMOVED_FILE)).toBe(false);
  expect(team.read('package.json')).toContain('"reload": "node src/main.ts run --full-refresh"');
}
