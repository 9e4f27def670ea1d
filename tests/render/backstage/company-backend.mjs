// The backend of a company, as its packages/backend/src/index.ts has it. It says where it listens.
import { createRequire } from 'node:module';
import { createBackend } from '@backstage/backend-defaults';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';

// A backend that is compiled to CommonJS loads it like this.
createRequire(import.meta.url)('backstage-plugin-scaffolder-backend-module-etl-pipeline');

const backend = createBackend();
backend.add(
  rootHttpRouterServiceFactory({
    configure: ({ server, applyDefaults }) => {
      server.on('listening', () => process.stdout.write(`LISTENING ${server.address().port}\n`));
      applyDefaults();
    },
  }),
);
backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(import('backstage-plugin-scaffolder-backend-module-etl-pipeline'));
await backend.start();
process.stdout.write('STARTED\n');
