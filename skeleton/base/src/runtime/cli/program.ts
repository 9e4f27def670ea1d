import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { deadLettersCommand } from './dead-letters.ts';
import { historyCommand } from './history.ts';
import { planCommand } from './plan.ts';
import { preflightCommand } from './preflight.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { statusCommand } from './status.ts';
import { validateCommand } from './validate.ts';
import { verifyCommand } from './verify.ts';

const AFTER_HELP = `
Exit codes: 0 complete, 1 failed, 3 too many dead letters, 64 wrong usage or configuration, 75 try again later.`;

/** All commands of `npm run pipeline --`. */
export function createProgram(): CommandUnknownOpts {
  const program = new Command('pipeline')
    .description('Moves the records of the resources in pipeline.yaml from their sources to their sinks.')
    .addHelpText('after', AFTER_HELP);
  const commands = [
    runCommand(),
    validateCommand(),
    planCommand(),
    preflightCommand(),
    statusCommand(),
    historyCommand(),
    deadLettersCommand(),
    schemaCommand(),
    verifyCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...descendants(program)]) reportMistakes(command);
  return program;
}

function descendants(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

/** A wrong command line is reported as every other error, and ends in our exit code instead of commander's. */
function reportMistakes(command: CommandUnknownOpts): void {
  command
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error CONFIGURATION: ')) })
    .showHelpAfterError('  hint: add --help to see what is possible')
    .helpCommand(false);
}
