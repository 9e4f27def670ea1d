import { enableCompileCache } from 'node:module';
import { reportError } from './runtime/cli/report-error.ts';
import { loadEnvironmentFile } from './runtime/config/environment.ts';

enableCompileCache();
try {
  loadEnvironmentFile();
} catch (error) {
  process.exit(reportError(error));
}

// The order matters: logs, metrics and tracing are set up from the environment, and tracing changes what is imported later.
const { startTracing } = await import('./runtime/observability/tracing.ts');
await startTracing();
const { runCommandLine } = await import('./runtime/cli/command-line.ts');
await runCommandLine(process.argv.slice(2));
