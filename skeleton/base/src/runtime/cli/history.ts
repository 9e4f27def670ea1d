import { Command, Option } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import { openStateStore } from '../state/open-state.ts';
import { nameOfRun, RUN_STATUSES, type RunManifest } from '../state/run-manifest.ts';
import { configOption, jsonOption, limitOption } from './options.ts';
import { formatDuration, formatTable, formatTime, print, printable, printJson } from './output.ts';

const HEADER = ['started (UTC)', 'resource', 'status', 'read', 'written', 'dead letters', 'duration', 'error'];
const ERROR_WIDTH = 80;

export function historyCommand() {
  return new Command('history')
    .description('show the last runs, newest first')
    .option('-r, --resource <name>', 'only runs of this resource')
    .addOption(new Option('-s, --status <status>', 'only runs that ended so').choices(RUN_STATUSES))
    .addOption(limitOption(20))
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ resource, status, limit, json = false, config: path }) => {
      const config = await loadConfig(path);
      if (resource !== undefined) resourceOf(config, resource);
      const store = await openStateStore(config);
      try {
        const runs = await store.runs({ limit, ...(resource && { resource }), ...(status && { status }) });
        if (json) printJson(runs);
        else print(runs.length === 0 ? 'no runs yet' : formatTable(HEADER, runs.map(toRow)));
      } finally {
        await store.close();
      }
    });
}

function toRow(manifest: RunManifest): (string | number)[] {
  const { startedAt, finishedAt, status, counts, error } = manifest;
  return [
    formatTime(startedAt),
    manifest.replay === undefined ? nameOfRun(manifest) : `${nameOfRun(manifest)} (replay)`,
    status,
    counts.read,
    counts.written,
    counts.deadLettered,
    finishedAt === undefined ? '' : formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)),
    error === undefined ? '' : printable(`${error.code} ${error.message}`, ERROR_WIDTH),
  ];
}
