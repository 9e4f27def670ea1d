import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { Action, Metadata } from './actions.ts';
import { wantsCheckpoint, writeCheckpoint } from './checkpoint-writer.ts';
import { commitInfo } from './commit-info.ts';
import { DeltaLog } from './log.ts';
import { protocolFor, requireSupported } from './protocol.ts';
import { formatSchemaString, toStructField } from './schema-string.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

/** Times that a commit is tried when other writers take its version, with pauses of up to a second. */
const ATTEMPTS = 100;
const LONGEST_PAUSE = 1000;

/** What to add to the newest version, `undefined` when nothing; throws when that version is in its way. */
export type PrepareCommit = (latest: Snapshot) => readonly Action[] | undefined;

/** A Delta table in a local folder. */
export class DeltaTable {
  readonly path: string;
  readonly log: DeltaLog;
  readonly snapshot: Snapshot;
  readonly #staging: string;

  private constructor(path: string, log: DeltaLog, snapshot: Snapshot, staging: string) {
    this.path = path;
    this.log = log;
    this.snapshot = snapshot;
    this.#staging = staging;
  }

  /**
   * The table as it is now, `undefined` when there is none.
   *
   * @param staging folder on the same file system where this writer prepares its commits
   * @throws PipelineError `CONFIGURATION` when the table asks for more than this connector does
   */
  static async open(path: string, staging: string): Promise<DeltaTable | undefined> {
    const log = new DeltaLog(path);
    const snapshot = await readSnapshot(log);
    if (snapshot === undefined) return undefined;
    requireSupported(path, snapshot);
    return new DeltaTable(path, log, snapshot, staging);
  }

  /** Makes the table, or opens it when somebody else made it in the meantime. */
  static async create(
    path: string,
    staging: string,
    schema: TableSchema,
    partitionColumns: readonly string[],
  ): Promise<DeltaTable> {
    const metaData: Metadata = {
      id: randomUUID(),
      format: { provider: 'parquet', options: {} },
      schemaString: formatSchemaString(schema.fields.map(toStructField)),
      partitionColumns: [...partitionColumns],
      configuration: {},
      createdTime: Date.now(),
    };
    const operation = commitInfo('CREATE TABLE', { partitionBy: JSON.stringify(partitionColumns) });
    await new DeltaLog(path).write(0, [operation, { protocol: protocolFor(schema) }, { metaData }], staging);
    const table = await DeltaTable.open(path, staging);
    if (table === undefined) throw new PipelineError('INTERNAL', `${path}: the table is not there after it was made.`);
    return table;
  }

  /** Sees what others committed. */
  async refresh(): Promise<void> {
    await this.snapshot.refresh(this.log);
    requireSupported(this.path, this.snapshot);
  }

  /**
   * Adds a version to the table. When other writers are faster, their versions are read and the commit is prepared
   * anew on top of them.
   *
   * @throws PipelineError `LOCKED` when others are always faster; what `prepare` throws
   */
  async commit(prepare: PrepareCommit): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await this.refresh();
      const version = this.snapshot.version + 1;
      const actions = prepare(this.snapshot);
      if (actions === undefined) return;
      if (await this.log.write(version, actions, this.#staging)) {
        this.snapshot.apply(version, actions);
        if (wantsCheckpoint(this.snapshot)) await writeCheckpoint(this.log, this.snapshot, this.#staging);
        return;
      }
      await setTimeout(Math.random() * Math.min(LONGEST_PAUSE, 5 * 2 ** attempt));
    }
    throw new PipelineError('LOCKED', `${this.path}: other writers took the next version ${ATTEMPTS} times.`, {
      hint: 'Run again when fewer writers are at work on the table.',
    });
  }
}
