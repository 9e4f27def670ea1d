import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import type { ListedDeadLetter } from '../dead-letters/dead-letter-store.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { shardName } from '../pipeline/shard.ts';
import { configOption, jsonOption, limitOption } from './options.ts';
import { formatCount, formatTable, formatTime, print, printable, printJson } from './output.ts';

const HEADER = ['id', 'time (UTC)', 'resource', 'stage', 'origin', 'row', 'error'];
const ID_WIDTH = 12;
const ORIGIN_WIDTH = 40;
const ERROR_WIDTH = 80;

export function listDeadLettersCommand() {
  return new Command('list')
    .description('list the dead letters that wait to be replayed, oldest first')
    .option('-r, --resource <name>', 'only those of this resource')
    .option('-a, --all', 'those that were replayed, too')
    .addOption(limitOption(50))
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ resource, all = false, limit, json = false, config: path }) => {
      const config = await loadConfig(path);
      if (resource !== undefined) resourceOf(config, resource);
      const filter = { ...(resource && { resource }), ...(!all && { replayed: false }) };
      const shown: ListedDeadLetter[] = [];
      let more = 0;
      const letters = await openDeadLetters(config);
      try {
        for await (const letter of letters.list(filter)) {
          if (shown.length < limit) shown.push(letter);
          else more += 1;
        }
      } finally {
        await letters.close();
      }
      if (json) return printJson(shown);
      print(shown.length === 0 ? 'no dead letters' : formatTable(HEADER, shown.map(toRow)));
      if (more > 0) print(`and ${formatCount(more)} more; --limit shows more of them`);
      return undefined;
    });
}

function toRow({
  id,
  timestamp,
  resource,
  shard,
  stage,
  origin,
  rowNumber,
  error,
  replayed,
}: ListedDeadLetter): string[] {
  const { column = '', message: reason } = error;
  const message = reason.startsWith(column) ? reason : `${column}: ${reason}`;
  return [
    id.slice(0, ID_WIDTH),
    formatTime(timestamp),
    shardName(resource, shard),
    stage,
    printable(origin, ORIGIN_WIDTH),
    rowNumber === undefined ? '' : String(rowNumber),
    printable(replayed === undefined ? message : `(replayed) ${message}`, ERROR_WIDTH),
  ];
}
