import { Command } from '@commander-js/extra-typings';
import { loadConfig, type PipelineConfig } from '../config/load.ts';
import { streamOf } from '../config/open.ts';
import type { DeadLetterStore } from '../dead-letters/dead-letter-store.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { describeHolder } from '../state/lease.ts';
import { looksAlive } from '../state/lease-store.ts';
import { openStateStore } from '../state/open-state.ts';
import { nameOfRun } from '../state/run-manifest.ts';
import type { StateStore } from '../state/state-store.ts';
import { configOption, jsonOption } from './options.ts';
import { formatTable, formatTime, print, printable, printJson } from './output.ts';

const HEADER = ['resource', 'last run (UTC)', 'status', 'open dead letters', 'failed alerts', 'position'];
const POSITION_WIDTH = 60;
/** Runs of a resource among which the last one of each shard is looked for. */
const LATEST_RUNS = 100;
/** Alerts of a resource among which those are looked for that did not arrive. */
const LATEST_ALERTS = 20;

export function statusCommand() {
  return new Command('status')
    .description('show where each resource stands: last run, open dead letters, alerts that failed, position')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ json = false, config: path }) => {
      const config = await loadConfig(path);
      const letters = await openDeadLetters(config);
      const store = await openStateStore(config);
      try {
        const checkpoints = new Map((await store.checkpoints()).map((known) => [known.stream, known]));
        const leases = new Map((await store.leases.list()).filter(looksAlive).map((lease) => [lease.name, lease]));
        const standings = await Array.fromAsync(partsOf(config), async ({ resource, shard }) => {
          const name = shardName(resource, shard);
          const runs = await store.runs({ resource, limit: LATEST_RUNS });
          const lastRun = runs.find((run) => nameOfRun(run) === name && run.replay === undefined);
          const checkpoint = checkpoints.get(streamOf(config, resource, shard))?.checkpoint;
          const openDeadLetters = await countOpen(letters, resource, name);
          const lease = leases.get(name);
          const failedAlerts = await countFailedAlerts(store, resource);
          return { resource, ...(shard && { shard }), lastRun, lease, checkpoint, openDeadLetters, failedAlerts };
        });
        if (json) return printJson(standings);
        const rows = standings.map(({ resource, shard, lastRun, lease, checkpoint, openDeadLetters, failedAlerts }) => [
          shardName(resource, shard),
          lastRun === undefined ? 'never run' : formatTime(lastRun.startedAt),
          lease === undefined ? (lastRun?.status ?? '') : `running: ${describeHolder(lease)}`,
          openDeadLetters,
          failedAlerts,
          checkpoint === undefined ? '' : printable(JSON.stringify(checkpoint.position), POSITION_WIDTH),
        ]);
        print(formatTable(HEADER, rows));
        return undefined;
      } finally {
        await letters.close();
        await store.close();
      }
    });
}

/** The resources, or the shards that they are split into. */
function partsOf(config: PipelineConfig): { readonly resource: string; readonly shard?: Shard }[] {
  return Object.entries(config.resources).flatMap(([resource, { shards: count }]) => {
    if (count === 1) return [{ resource }];
    return Array.from({ length: count }, (_, index) => ({ resource, shard: { index, count } }));
  });
}

async function countOpen(letters: DeadLetterStore, resource: string, name: string): Promise<number> {
  let count = 0;
  for await (const letter of letters.list({ resource, replayed: false })) {
    if (shardName(resource, letter.shard) === name) count += 1;
  }
  return count;
}

/** Alerts that did not arrive since the last one that did. */
async function countFailedAlerts(store: StateStore, resource: string): Promise<number> {
  const latest = await store.deliveries({ resource, limit: LATEST_ALERTS });
  const arrived = latest.findIndex(({ status }) => status === 'delivered');
  const since = arrived === -1 ? latest : latest.slice(0, arrived);
  return since.filter(({ status }) => status === 'failed').length;
}
