import { join } from 'node:path';
import { projectDirectory } from '../../../scripts/template/definition.ts';

/** What app-config.yaml says in a company: here it depends on the port, and nothing of it outlives the process. */
export function configuration(address: string, workingDirectory: string) {
  const { hostname, port } = new URL(address);
  const file = (target: string) => ({ type: 'file', target: join(projectDirectory, target) });
  return {
    app: { title: 'Preview', baseUrl: address, packageName: 'app' },
    organization: { name: 'Preview' },
    backend: {
      baseUrl: address,
      listen: { host: hostname, port: Number(port) },
      database: { client: 'better-sqlite3', connection: ':memory:' },
      workingDirectory,
      csp: { 'upgrade-insecure-requests': false },
    },
    // Dangerous where others can reach it: this one listens on the loopback interface.
    auth: {
      environment: 'development',
      providers: { guest: { userEntityRef: 'user:default/guest', dangerouslyAllowOutsideDevelopment: true } },
    },
    permission: { enabled: false },
    integrations: { github: [{ host: 'github.com' }] },
    catalog: {
      processingInterval: { seconds: 5 },
      rules: [{ allow: ['Template', 'User', 'Group', 'Domain', 'System', 'Component', 'Location'] }],
      locations: [file('catalog-info.yaml'), file('backstage/preview/catalog.yaml')],
    },
    events: { useEventBus: 'never' },
  };
}
