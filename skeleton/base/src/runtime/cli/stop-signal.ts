import { EXIT_CODES, PipelineError } from '../errors/pipeline-error.ts';

/**
 * Aborted by SIGTERM (a deployment stops the container) or SIGINT (Ctrl+C), so that a run commits what it has in hand.
 * A second signal ends the process at once; what was not committed comes again with the next run.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT_CODES.tryAgainLater);
      process.stderr.write(`${name}: stopping after what is in hand; once more to stop at once\n`);
      controller.abort(new PipelineError('INTERRUPTED', `The run was stopped by ${name}.`));
    });
  }
  return controller.signal;
}
