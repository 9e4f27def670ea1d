import { createRequire } from 'node:module';

// The package's ES module cannot be loaded by Node: it imports names that lodash does not export.
export const { ScmIntegrations } = createRequire(import.meta.url)(
  '@backstage/integration',
) as typeof import('@backstage/integration');
