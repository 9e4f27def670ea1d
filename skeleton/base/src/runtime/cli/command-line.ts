import { CommanderError } from '@commander-js/extra-typings';
import { EXIT_CODES } from '../errors/pipeline-error.ts';
import { metrics } from '../observability/metrics.ts';
import { stopTracing } from '../observability/tracing.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

/** Runs one command and sets the exit code of the process. Never rejects: a failure is told on stderr, once. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error));
  });
  // The reader went away, as `head` does when it has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.complete);
    throw error;
  });
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageExitCode(error) : reportError(error);
  } finally {
    await metrics.flush();
    stopTracing();
  }
}

/** Commander has told what is wrong already; asking for help is not wrong. */
function usageExitCode(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT_CODES.complete : EXIT_CODES.usage;
}
