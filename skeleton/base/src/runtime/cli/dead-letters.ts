import { Command } from '@commander-js/extra-typings';
import { listDeadLettersCommand } from './list-dead-letters.ts';
import { purgeDeadLettersCommand } from './purge-dead-letters.ts';
import { replayDeadLettersCommand } from './replay-dead-letters.ts';
import { showDeadLetterCommand } from './show-dead-letter.ts';

export function deadLettersCommand() {
  return new Command('dlq')
    .description('look at dead letters, the records that failed, and run them again')
    .addCommand(listDeadLettersCommand())
    .addCommand(showDeadLetterCommand())
    .addCommand(replayDeadLettersCommand())
    .addCommand(purgeDeadLettersCommand());
}
