import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
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
      const letters = await openDeadLetters(config);
      const found = await Array.fromAsync(letters.list({ id })).finally(() => letters.close());
      const [letter, another] = found;
      const hint = 'List them with `npm run pipeline -- dlq list --all`.';
      if (letter === undefined) throw new PipelineError('CONFIGURATION', `There is no dead letter ${id}.`, { hint });
      if (another !== undefined) {
        throw new PipelineError('CONFIGURATION', `${found.length} dead letters begin with ${id}.`, { hint });
      }
      printJson(letter);
    });
}
