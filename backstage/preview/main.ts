// npm run wizard: builds the frontend and serves it with its backend until it is stopped.
import { buildFrontend } from './build.ts';
import { startPreview } from './server/start.ts';

const [, , address = '', folder = ''] = process.argv;

process.stdout.write('Building the frontend …\n');
await buildFrontend();
const stop = await startPreview({ address, folder });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(0)));
}
process.stdout.write(`
Ready: ${address}/create

  Enter as guest, choose ETL pipeline service, and create.
  Nothing leaves this machine: repositories land in ${folder}, not on GitHub.
  Stop it with Ctrl+C.
`);
