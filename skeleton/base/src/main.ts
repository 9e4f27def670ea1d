import { enableCompileCache } from 'node:module';
import { loadEnvironmentFile } from './runtime/config/environment.ts';

// The order matters: logs, metrics and tracing are set up from the environment, and tracing changes what is imported later.
enableCompileCache();
loadEnvironmentFile();
const { startTracing } = await import('./runtime/observability/tracing.ts');
await startTracing();
const { runCommandLine } = await import('./runtime/cli/command-line.ts');
await runCommandLine(process.argv.slice(2));
