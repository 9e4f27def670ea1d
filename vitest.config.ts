import { defineConfig } from 'vitest/config';
import { overlayResolver } from './scripts/overlay-resolver.ts';

export default defineConfig({
  plugins: [overlayResolver()],
  test: {
    // Many tests wait for servers, deadlines and leases more than they work.
    maxWorkers: 3,
    // Unit and render tests share what a worker has loaded (`isolate: false`): a fifth of the unit tests' processor time.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          isolate: false,
          include: ['tests/unit/**/*.test.ts', 'skeleton/samples/*/tests/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'render',
          isolate: false,
          include: ['tests/render/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'services',
          include: ['tests/{services,faults}/**/*.test.ts'],
          globalSetup: ['tests/services/postgres.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'wizard',
          include: ['tests/wizard/**/*.test.ts'],
          globalSetup: ['tests/services/postgres.setup.ts', 'tests/wizard/preview.setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
