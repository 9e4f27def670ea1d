import { createRequire } from 'node:module';
import type { BackendFeature } from '@backstage/backend-plugin-api';

/** The actions for GitHub. */
export const { default: githubModule } = createRequire(import.meta.url)(
  // A CommonJS package with a default export, which Node's import and Vitest's wrap differently; require does not.
  '@backstage/plugin-scaffolder-backend-module-github',
) as { default: BackendFeature };
