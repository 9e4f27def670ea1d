import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { openState } from '../config/open.ts';
import { listDeadLetters } from '../dead-letters/list.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import { configOption } from './options.ts';
import { printJson } from './output.ts';

export function showDeadLetterCommand() {
  return new Command('show')
    .description('show one dead letter with its record, as JSON')
    .argument('<id>', 'its id, or the start of it')
    .addOption(configOption())
    .action(async (id, { config: path }) => {
      const config = await loadConfig(path);
      const found = await Array.fromAsync(listDeadLetters(openState(config).deadLetters, { id }));
      const [letter, another] = found;
      const hint = 'List them with `npm run pipeline -- dlq list --all`.';
      if (letter === undefined) throw new PipelineError('CONFIGURATION', `There is no dead letter ${id}.`, { hint });
      if (another !== undefined) {
        throw new PipelineError('CONFIGURATION', `${found.length} dead letters begin with ${id}.`, { hint });
      }
      printJson(letter);
    });
}
