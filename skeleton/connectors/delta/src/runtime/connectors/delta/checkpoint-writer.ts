import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { replaceFile } from '../../storage/durable-files.ts';
import type { Action } from './actions.ts';
import { CHECKPOINT_COLUMNS, CHECKPOINT_SCHEMA, LONG_MEMBERS } from './checkpoint-columns.ts';
import type { DeltaLog } from './log.ts';
import type { Snapshot } from './snapshot.ts';

const DEFAULT_INTERVAL = 10;
const DAY = 86_400_000;
const DEFAULT_RETENTION = 7 * DAY;
const DAYS: Readonly<Record<string, number>> = { hour: 1 / 24, day: 1, week: 7, month: 31, year: 366 };

/** Whether the table wants a checkpoint at its version: every tenth, or as its property says. */
export function wantsCheckpoint({ version, metadata }: Snapshot): boolean {
  const interval = Number(metadata.configuration?.['delta.checkpointInterval'] ?? DEFAULT_INTERVAL);
  return version > 0 && version % (Number.isInteger(interval) && interval > 0 ? interval : DEFAULT_INTERVAL) === 0;
}

/**
 * Writes the whole state of a table as one Parquet file, so that readers need not replay the log from its start,
 * and points `_last_checkpoint` to it.
 */
export async function writeCheckpoint(log: DeltaLog, snapshot: Snapshot, staging: string): Promise<void> {
  const rows = checkpointRows(snapshot);
  const content = new Uint8Array(
    parquetWriteBuffer({
      schema: CHECKPOINT_SCHEMA,
      columnData: CHECKPOINT_COLUMNS.map((name) => ({ name, data: rows.map((row) => withBigIntegers(row[name])) })),
      createdBy: 'etl-pipeline-template',
      statistics: false,
    }),
  );
  const pointer = {
    version: snapshot.version,
    size: rows.length,
    sizeInBytes: content.length,
    numOfAddFiles: snapshot.files.size,
  };
  await replaceFile(log.checkpointFile(snapshot.version), content, join(staging, randomUUID()));
  await replaceFile(join(log.folder, '_last_checkpoint'), JSON.stringify(pointer), join(staging, randomUUID()));
}

/** What the Parquet library takes for a 64-bit integer. */
function withBigIntegers(action: object | undefined): object | undefined {
  if (action === undefined) return undefined;
  const members = Object.entries(action).map(([name, value]) => [
    name,
    LONG_MEMBERS.has(name) && value !== undefined ? BigInt(value) : value,
  ]);
  return Object.fromEntries(members);
}

type CheckpointRow = Pick<Action, (typeof CHECKPOINT_COLUMNS)[number]>;

function checkpointRows(snapshot: Snapshot): CheckpointRow[] {
  const { protocol, metadata: metaData, transactions, files, tombstones } = snapshot;
  const keptSince = Date.now() - retention(metaData.configuration?.['delta.deletedFileRetentionDuration']);
  const kept = [...tombstones.values()].filter((remove) => (remove.deletionTimestamp ?? 0) > keptSince);
  return [
    { protocol },
    { metaData },
    ...Array.from(transactions.values(), (txn) => ({ txn })),
    ...Array.from(files.values(), (add) => ({ add: { ...add, dataChange: false } })),
    ...kept.map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ];
}

/** `interval 30 days` in milliseconds; all eternity when it is written in another way. */
function retention(interval: string | undefined): number {
  if (interval === undefined) return DEFAULT_RETENTION;
  const match = /^(?:interval )?(\d+) (hour|day|week|month|year)s?$/i.exec(interval.trim());
  return match === null
    ? Number.POSITIVE_INFINITY
    : Number(match[1]) * (DAYS[match[2]?.toLowerCase() ?? ''] ?? 1) * DAY;
}
