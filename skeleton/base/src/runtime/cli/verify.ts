import { Command } from '@commander-js/extra-typings';
import { EXIT_CODES } from '../errors/pipeline-error.ts';
import { runVerify } from '../run/run-verify.ts';
import { configOption, jsonOption, limitOption } from './options.ts';
import { print, printJson } from './output.ts';
import { openProject } from './project.ts';
import { stopSignal } from './stop-signal.ts';
import { formatVerifyReport, shownReport } from './verify-report.ts';

export function verifyCommand() {
  return new Command('verify')
    .description('compare the sink of a resource with its source, down to the records that differ')
    .argument('<resource>', 'name of the resource')
    .option('-k, --key <columns>', 'columns that identify a record, with commas between them (default: as configured)')
    .option('--values', 'show the values of the records that differ; secrets are hidden, personal data is not')
    .addOption(limitOption(20))
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (name, { key, values = false, limit, json = false, config: path }) => {
      const signal = stopSignal();
      const { config, definitions } = await openProject(path);
      const columns = key?.split(',').map((column) => column.trim());
      const report = await runVerify(config, name, { definitions, key: columns, limit, signal });
      const shown = shownReport(report, values);
      if (json) printJson(shown);
      else print(formatVerifyReport(shown));
      process.exitCode = report.equal ? EXIT_CODES.complete : EXIT_CODES.failed;
    });
}
