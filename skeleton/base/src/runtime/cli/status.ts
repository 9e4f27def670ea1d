import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { openState, streamOf } from '../config/open.ts';
import { listDeadLetters } from '../dead-letters/list.ts';
import { StateStore } from '../state/state-store.ts';
import { configOption, jsonOption } from './options.ts';
import { formatTable, formatTime, print, printable, printJson } from './output.ts';

const POSITION_WIDTH = 60;

export function statusCommand() {
  return new Command('status')
    .description('show where each resource stands: last run, open dead letters, position')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ json = false, config: path }) => {
      const config = await loadConfig(path);
      const folders = openState(config);
      const store = await StateStore.open(folders.path);
      try {
        const checkpoints = new Map((await store.checkpoints()).map((known) => [known.stream, known]));
        const standings = await Array.fromAsync(Object.keys(config.resources), async (resource) => {
          const [lastRun] = await store.runs({ resource, limit: 1 });
          const checkpoint = checkpoints.get(streamOf(config, resource))?.checkpoint;
          return { resource, lastRun, checkpoint, openDeadLetters: await countOpen(folders.deadLetters, resource) };
        });
        if (json) return printJson(standings);
        const rows = standings.map(({ resource, lastRun, checkpoint, openDeadLetters }) => [
          resource,
          lastRun === undefined ? 'never run' : formatTime(lastRun.startedAt),
          lastRun?.status ?? '',
          openDeadLetters,
          checkpoint === undefined ? '' : printable(JSON.stringify(checkpoint.position), POSITION_WIDTH),
        ]);
        print(formatTable(['resource', 'last run (UTC)', 'status', 'open dead letters', 'position'], rows));
        return undefined;
      } finally {
        await store.close();
      }
    });
}

async function countOpen(folder: string, resource: string): Promise<number> {
  let count = 0;
  for await (const _ of listDeadLetters(folder, { resource, replayed: false })) count += 1;
  return count;
}
