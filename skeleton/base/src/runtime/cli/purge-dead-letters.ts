import { randomUUIDv7 } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { durationSchema } from '../config/duration.ts';
import { loadConfig, type PipelineConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import type { DeadLetterStore, Part, PurgeFilter } from '../dead-letters/dead-letter-store.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { shardName } from '../pipeline/shard.ts';
import { acquireLease } from '../state/lease.ts';
import { openStateStore } from '../state/open-state.ts';
import type { StateStore } from '../state/state-store.ts';
import { configOption, jsonOption } from './options.ts';
import { formatCount, print, printJson } from './output.ts';

export function purgeDeadLettersCommand() {
  return new Command('purge')
    .description('remove old dead letters for good, and say how many')
    .argument('[resource]', 'only those of this resource (default: all)')
    .addOption(
      new Option('--older-than <age>', 'those that were found longer ago: 12h, 30d')
        .argParser(parseAge)
        .makeOptionMandatory(),
    )
    .option('--replayed', 'only those that were replayed')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (resource, { olderThan, replayed = false, json = false, config: path }) => {
      const config = await loadConfig(path);
      if (resource !== undefined) resourceOf(config, resource);
      const filter = { before: Date.now() - olderThan * 1000, replayedOnly: replayed };
      const purged = await purge(config, resource, filter);
      if (json) return printJson(purged);
      const lines = purged.map(({ resource: name, shard, removed }) => {
        return `${shardName(name, shard)}  ${formatCount(removed)} removed`;
      });
      print(lines.length === 0 ? 'no dead letters' : lines.join('\n'));
      return undefined;
    });
}

function parseAge(text: string): number {
  const { success, data } = durationSchema.safeParse(text);
  if (!success) throw new InvalidArgumentError('It must be a whole number and a unit, such as 12h or 30d.');
  return data;
}

interface Purged extends Part {
  readonly removed: number;
}

async function purge(config: PipelineConfig, resource: string | undefined, filter: PurgeFilter): Promise<Purged[]> {
  const letters = await openDeadLetters(config);
  const state = await openStateStore(config);
  try {
    const parts = new Map<string, Part>();
    for await (const { resource: name, shard } of letters.list(resource === undefined ? {} : { resource })) {
      parts.set(shardName(name, shard), { resource: name, ...(shard && { shard }) });
    }
    const purged: Purged[] = [];
    for (const part of parts.values()) purged.push(await purgePart(letters, state, part, filter));
    return purged;
  } finally {
    await state.close();
    await letters.close();
  }
}

/** While nobody runs the part: a run holds the file open that is written anew. */
async function purgePart(
  letters: DeadLetterStore,
  state: StateStore,
  part: Part,
  filter: PurgeFilter,
): Promise<Purged> {
  const lease = await acquireLease(state.leases, shardName(part.resource, part.shard), randomUUIDv7());
  try {
    return { ...part, removed: await letters.purge(part, filter) };
  } finally {
    await lease.release();
  }
}
