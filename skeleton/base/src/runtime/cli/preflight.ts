import { Command } from '@commander-js/extra-typings';
import { ERROR_CODES, EXIT_CODES, type ExitCode } from '../errors/pipeline-error.ts';
import type { PreflightReport } from '../run/preflight.ts';
import { configOption, jsonOption } from './options.ts';
import { print, printable, printJson } from './output.ts';
import { openProject } from './project.ts';

export function preflightCommand() {
  return new Command('preflight')
    .description('ask sources, sinks and state whether a run would work, and move nothing')
    .argument('[resources...]', 'names of the resources to look at (default: all)')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (names, { json = false, config: path }) => {
      // Brings the alerts along, which no other command needs before something goes wrong.
      const { preflight } = await import('../run/preflight.ts');
      const { config, definitions } = await openProject(path);
      const resources = names.length === 0 ? Object.keys(config.resources) : [...new Set(names)];
      const reports = await preflight(config, definitions, resources);
      if (json) printJson(reports);
      else print(reports.map(formatReport).join('\n'));
      process.exitCode = exitCodeOf(reports);
    });
}

function formatReport({ subject, checks }: PreflightReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(
    ({ name, ok, detail }) => `  ${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(width)}  ${printable(detail)}`,
  );
  return [subject, ...lines].join('\n');
}

/** The failure that most needs a person decides. */
function exitCodeOf(reports: readonly PreflightReport[]): ExitCode {
  const failed = reports.flatMap(({ checks }) => checks).filter(({ ok }) => !ok);
  const codes = new Set(failed.map(({ code = 'CONFIGURATION' }) => ERROR_CODES[code]));
  const byUrgency = [EXIT_CODES.failed, EXIT_CODES.usage, EXIT_CODES.tryAgainLater];
  return byUrgency.find((code) => codes.has(code)) ?? EXIT_CODES.complete;
}
