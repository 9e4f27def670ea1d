import { PipelineError } from '../../errors/pipeline-error.ts';
import {
  type Action,
  type AddFile,
  filePath,
  type Metadata,
  type Protocol,
  type RemoveFile,
  type Transaction,
} from './actions.ts';
import { readCheckpoint } from './checkpoint-reader.ts';
import type { DeltaLog, LogListing } from './log.ts';

/** The state of a table at one version: what is left of all actions up to it. */
export class Snapshot {
  version: number;
  protocol: Protocol;
  metadata: Metadata;
  /** Data files of the table by path. */
  readonly files = new Map<string, AddFile>();
  /** Files that were in the table; kept for readers of older versions and for VACUUM. */
  readonly tombstones = new Map<string, RemoveFile>();
  readonly transactions = new Map<string, Transaction>();

  constructor(version: number, protocol: Protocol, metadata: Metadata) {
    this.version = version;
    this.protocol = protocol;
    this.metadata = metadata;
  }

  /** Moves on to the next version. */
  apply(version: number, actions: readonly Action[]): void {
    for (const { protocol, metaData, add, remove, txn } of actions) {
      if (protocol !== undefined) this.protocol = protocol;
      if (metaData !== undefined) this.metadata = metaData;
      if (remove !== undefined) {
        this.files.delete(filePath(remove));
        this.tombstones.set(filePath(remove), remove);
      }
      if (txn !== undefined) this.transactions.set(txn.appId, txn);
      if (add !== undefined) {
        this.files.set(filePath(add), add);
        this.tombstones.delete(filePath(add));
      }
    }
    this.version = version;
  }

  /** Moves on to the newest version. */
  async refresh(log: DeltaLog): Promise<void> {
    for (;;) {
      const actions = await log.read(this.version + 1);
      if (actions === undefined) return;
      this.apply(this.version + 1, actions);
    }
  }
}

/**
 * The newest state of a table: its last checkpoint and the commits since.
 *
 * @returns `undefined` when the folder holds no Delta table
 * @throws PipelineError `UNREADABLE` when the log has gaps or damaged files
 */
export async function readSnapshot(log: DeltaLog): Promise<Snapshot | undefined> {
  const listing = await log.list();
  const checkpoint = listing.checkpoints.at(-1);
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const latest = listing.commits.at(-1) ?? checkpoint?.version;
  if (latest === undefined && !listing.hasUuidCheckpoints) return undefined;
  const actions = checkpoint === undefined ? [] : await readCheckpoint(checkpoint);
  if (checkpoint === undefined) actions.push(...(await requireFirst(log, listing)));
  const snapshot = newSnapshot(log, checkpoint?.version ?? 0, actions);
  snapshot.apply(snapshot.version, actions);
  for (let version = Math.max(first, 1); version <= (latest ?? 0); version++) {
    snapshot.apply(version, (await log.read(version)) ?? missing(log, version));
  }
  return snapshot;
}

async function requireFirst(log: DeltaLog, listing: LogListing): Promise<Action[]> {
  const actions = await log.read(0);
  if (actions !== undefined) return actions;
  if (!listing.hasUuidCheckpoints) return missing(log, 0);
  throw new PipelineError('CONFIGURATION', `${log.folder}: the table has checkpoints of the feature v2Checkpoint.`, {
    hint: 'Write to a table without that feature; this connector cannot read such checkpoints.',
  });
}

function missing(log: DeltaLog, version: number): never {
  throw new PipelineError('UNREADABLE', `${log.folder}: the commit of version ${version} is missing.`, {
    where: { file: log.commitFile(version) },
    hint: 'Restore the file from a backup, or write to another table.',
  });
}

function newSnapshot(log: DeltaLog, version: number, actions: readonly Action[]): Snapshot {
  const protocol = actions.find((action) => action.protocol !== undefined)?.protocol;
  const metadata = actions.find((action) => action.metaData !== undefined)?.metaData;
  if (protocol !== undefined && metadata !== undefined) return new Snapshot(version, protocol, metadata);
  throw new PipelineError('UNREADABLE', `${log.folder}: version ${version} has no protocol or no metadata.`, {
    where: { file: log.folder },
    hint: 'Restore the log from a backup, or write to another table.',
  });
}
