import type { Checkpoint } from '../../pipeline/position.ts';
import { type Field, sameType } from '../../schema/table-schema.ts';
import type { Action, AddFile } from './actions.ts';
import { commitInfo, FORGOTTEN, progressOf } from './commit-info.ts';
import { type Expectation, requireUnchanged } from './conflicts.ts';
import type { DataFile } from './part-files.ts';
import { protocolUpgrade } from './protocol.ts';
import { formatSchemaString, parseSchemaString, tableSchemaOf, toStructField } from './schema-string.ts';
import type { Snapshot } from './snapshot.ts';
import type { DeltaTable } from './table.ts';
import { requireDistinctNames } from './writable.ts';

export interface DataCommit {
  readonly files: readonly DataFile[];
  /** `replace`: the files that are in the table at the time of the commit go. */
  readonly mode: 'append' | 'replace';
  /** Progress of the stream with this commit; `undefined` when there has never been a batch. */
  readonly checkpoint: Checkpoint | undefined;
  readonly expected: Expectation;
  /** The run that commits. */
  readonly writer: string;
}

/**
 * Makes data files part of a table, together with the progress of the stream they come from.
 *
 * @throws PipelineError `LOCKED` when another writer got in the way
 */
export async function commitData(table: DeltaTable, commit: DataCommit): Promise<void> {
  const { files, mode, checkpoint, expected, writer } = commit;
  const { stream } = expected;
  await table.commit((latest) => {
    requireUnchanged(table.path, latest, expected);
    const removed = mode === 'replace' ? [...latest.files.values()].map(toRemove) : [];
    const parameters = {
      mode: mode === 'append' ? 'Append' : 'Overwrite',
      partitionBy: JSON.stringify(latest.metadata.partitionColumns),
    };
    const operation = commitInfo('WRITE', parameters, {
      isBlindAppend: mode === 'append',
      operationMetrics: metricsOf(files, removed.length),
      ...(checkpoint && progressOf(stream, writer, checkpoint)),
    });
    const transaction = { appId: stream, version: checkpoint?.sequence ?? 0, lastUpdated: Date.now() };
    return [
      operation,
      ...(checkpoint === undefined ? [] : [{ txn: transaction }]),
      ...removed,
      ...files.map(({ add }) => ({ add })),
    ];
  });
}

function toRemove({ path, partitionValues, size }: AddFile): Action {
  return {
    remove: {
      path,
      deletionTimestamp: Date.now(),
      dataChange: true,
      ...(partitionValues && { extendedFileMetadata: true, partitionValues, size }),
    },
  };
}

function metricsOf(files: readonly DataFile[], removed: number): Record<string, string> {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, { add }) => sum + add.size, 0);
  return {
    numFiles: String(files.length),
    numOutputRows: String(rows),
    numOutputBytes: String(bytes),
    numRemovedFiles: String(removed),
  };
}

/** Adds columns to a table, unless it has them already. */
export async function commitColumns(table: DeltaTable, added: readonly Field[]): Promise<void> {
  await table.commit((latest) => {
    const missing = added.filter((field) => !hasField(latest, field));
    if (missing.length === 0) return undefined;
    const columns = [...parseSchemaString(latest.metadata), ...missing.map(toStructField)];
    requireDistinctNames(columns.map(({ name }) => name));
    const metaData = { ...latest.metadata, schemaString: formatSchemaString(columns) };
    const protocol = protocolUpgrade(latest.protocol, { fields: missing });
    return [
      commitInfo('ADD COLUMNS', { columns: JSON.stringify(missing.map(toStructField)) }),
      ...(protocol === undefined ? [] : [{ protocol }]),
      { metaData },
    ];
  });
}

/** Makes streams begin anew, unless they do already. */
export async function commitForgotten(table: DeltaTable, streams: readonly string[]): Promise<void> {
  await table.commit(({ transactions }) => {
    const known = streams.filter((stream) => (transactions.get(stream)?.version ?? FORGOTTEN) !== FORGOTTEN);
    if (known.length === 0) return undefined;
    const forgotten = known.map((appId) => ({ txn: { appId, version: FORGOTTEN, lastUpdated: Date.now() } }));
    return [commitInfo('FORGET POSITIONS', { streams: JSON.stringify(known) }), ...forgotten];
  });
}

function hasField({ metadata }: Snapshot, { name, type }: Field): boolean {
  const { fields } = tableSchemaOf(metadata);
  return fields.some((field) => field.name === name && sameType(field.type, type));
}
