import { Command } from '@commander-js/extra-typings';
import { openState } from '../config/open.ts';
import { deadLetterFile } from '../dead-letters/dead-letter-store.ts';
import { EXIT_CODES } from '../errors/pipeline-error.ts';
import { exitCodeOf, runPipeline } from '../run/run-pipeline.ts';
import { configOption, jsonOption } from './options.ts';
import { print, printJson } from './output.ts';
import { openProject } from './project.ts';
import { reportError } from './report-error.ts';
import { formatRun } from './run-story.ts';
import { stopSignal } from './stop-signal.ts';

export function runCommand() {
  return new Command('run')
    .description('move what is new from the sources to the sinks')
    .argument('[resources...]', 'names of the resources to run (default: all, in the order of the file)')
    .option('--start-over', 'forget how far the resources have come and read everything again')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (names, { startOver = false, json = false, config: path }) => {
      const signal = stopSignal();
      const { config, definitions } = await openProject(path);
      const resources = names.length === 0 ? Object.keys(config.resources) : [...new Set(names)];
      const folder = openState(config).deadLetters;
      const results = await runPipeline(config, {
        definitions,
        resources,
        startOver,
        signal,
        onResult: ({ manifest, error }) => {
          if (!json) print(formatRun(manifest, deadLetterFile(folder, manifest.resource)));
          if (error !== undefined) reportError(error);
        },
      });
      if (json) printJson(results.map(({ manifest }) => manifest));
      const code = exitCodeOf(results);
      const unfinished = results.length < resources.length;
      process.exitCode = code === EXIT_CODES.complete && unfinished ? EXIT_CODES.tryAgainLater : code;
    });
}
