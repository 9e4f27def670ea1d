import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** `--config`, which every command that reads pipeline.yaml has. */
export function configOption() {
  return new Option('-c, --config <file>', 'the pipeline to work on').default('pipeline.yaml');
}

/** `--json`, for commands whose output a machine may read. */
export function jsonOption() {
  return new Option('--json', 'print JSON, for machines');
}

/** `--limit`, for commands that list. */
export function limitOption(standard: number) {
  return new Option('-n, --limit <count>', 'most entries to show').argParser(parseCount).default(standard);
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999999.');
  return Number(text);
}
