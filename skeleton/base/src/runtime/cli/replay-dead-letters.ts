import { Command } from '@commander-js/extra-typings';
import { resourceOf } from '../config/open.ts';
import type { DeadLetterStore, ListedDeadLetter } from '../dead-letters/dead-letter-store.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { EXIT_CODES, PipelineError } from '../errors/pipeline-error.ts';
import { shardName } from '../pipeline/shard.ts';
import { type ReplayResult, replayResource } from '../run/replay.ts';
import { configOption, jsonOption } from './options.ts';
import { formatCount, print, printable, printJson } from './output.ts';
import { openProject, type Project } from './project.ts';
import { stopSignal } from './stop-signal.ts';

export function replayDeadLettersCommand() {
  return new Command('replay')
    .description('run dead letters through their resource again; those that fail again stay')
    .argument('[ids...]', 'their ids, or the starts of them (default: all that wait)')
    .option('-r, --resource <name>', 'only those of this resource')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (ids, { resource, json = false, config: path }) => {
      const signal = stopSignal();
      const project = await openProject(path);
      if (resource !== undefined) resourceOf(project.config, resource);
      const letters = await openDeadLetters(project.config);
      const onResult = (result: ReplayResult) => (json ? undefined : print(formatReplay(result)));
      const results = await replayAll(project, letters, { ids, resource, signal, onResult }).finally(() =>
        letters.close(),
      );
      if (json) printJson(results);
      else if (results.length === 0) print('no dead letters to replay');
      const again = results.some(({ failed, unreadable }) => failed.length + unreadable.length > 0);
      process.exitCode = again ? EXIT_CODES.failed : EXIT_CODES.complete;
    });
}

interface Request {
  readonly ids: readonly string[];
  readonly resource: string | undefined;
  readonly signal: AbortSignal;
  readonly onResult: (result: ReplayResult) => void;
}

async function replayAll(
  { config, definitions }: Project,
  letters: DeadLetterStore,
  { ids, resource, signal, onResult }: Request,
): Promise<ReplayResult[]> {
  const filter = { ...(resource && { resource }), replayed: false };
  const waiting = await Array.fromAsync(letters.list(filter));
  const wanted = ids.length === 0 ? waiting : select(waiting, ids);
  const results: ReplayResult[] = [];
  for (const [, ofPart] of Map.groupBy(wanted, nameOfPart)) {
    const [first] = ofPart;
    if (first === undefined) continue;
    signal.throwIfAborted();
    const chosen = ofPart.map(({ id }) => id);
    const { resource: name, shard } = first;
    const result = await replayResource(config, name, { definitions, letters, signal, shard, ids: chosen });
    results.push(result);
    onResult(result);
  }
  return results;
}

function nameOfPart({ resource, shard }: Pick<ListedDeadLetter, 'resource' | 'shard'>): string {
  return shardName(resource, shard);
}

function select(letters: readonly ListedDeadLetter[], ids: readonly string[]): ListedDeadLetter[] {
  const unknown = ids.filter((id) => !letters.some((letter) => letter.id.startsWith(id)));
  if (unknown.length > 0) {
    throw new PipelineError(
      'CONFIGURATION',
      `No dead letter that waits to be replayed begins with ${unknown.join(', ')}.`,
      {
        hint: 'List them with `npm run pipeline -- dlq list`.',
      },
    );
  }
  return letters.filter((letter) => ids.some((id) => letter.id.startsWith(id)));
}

function formatReplay({ resource, shard, replayed, failed, unreadable }: ReplayResult): string {
  const summary = `${shardName(resource, shard)}  ${formatCount(replayed.length)} replayed, ${formatCount(failed.length)} failed again`;
  const failures = failed.map(({ id, message }) => `  ${id.slice(0, 12)}  ${printable(message, 100)}`);
  const texts = unreadable.map((id) => `  ${id.slice(0, 12)}  could not be read; mend it at its source`);
  return [summary, ...failures, ...texts].join('\n');
}
