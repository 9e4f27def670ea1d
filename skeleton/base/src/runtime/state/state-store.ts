import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { type Checkpoint, checkpointSchema } from '../pipeline/position.ts';
import { type Delivery, deliverySchema } from './delivery.ts';
import { isLocked } from './lock.ts';
import { migrations } from './migrations.ts';
import {
  closeAsKilled,
  nameOfRun,
  type RunManifest,
  type RunStatus,
  redactManifest,
  runManifestSchema,
} from './run-manifest.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import { asStateError } from './sqlite-error.ts';
import type { StateTables } from './tables.ts';

export interface RunFilter {
  readonly resource?: string;
  readonly status?: RunStatus;
  readonly limit: number;
}

/** The last known checkpoint of a stream: a copy for `status`, the truth is in the sink. */
export interface KnownCheckpoint {
  readonly stream: string;
  readonly checkpoint: Checkpoint;
  readonly updatedAt: string;
}

/**
 * History of one pipeline in `state.db`: runs, checkpoints, deliveries of alerts. Nothing in it is needed to go on
 * correctly, so a store that cannot be opened stops a run before it starts, and one that fails later does not:
 * what the sink has committed counts, the gap in the history is logged.
 */
export class StateStore {
  readonly #directory: string;
  readonly #file: string;
  readonly #database: Kysely<StateTables>;

  private constructor(directory: string, file: string, database: Kysely<StateTables>) {
    this.#directory = directory;
    this.#file = file;
    this.#database = database;
  }

  /**
   * Opens `state.db` in a folder; makes both where they are missing, and brings older files up to date.
   *
   * @throws PipelineError `STORAGE` or `ACCESS_DENIED` when it cannot be read or written
   */
  static async open(directory: string): Promise<StateStore> {
    const file = join(directory, 'state.db');
    let database: Kysely<StateTables> | undefined;
    try {
      await mkdir(directory, { recursive: true });
      database = new Kysely({ dialect: new SqliteDialect({ database: openSqliteDatabase(file) }) });
      await migrate(database, file);
      return new StateStore(directory, file, database);
    } catch (error) {
      await database?.destroy();
      throw asStateError(error, file);
    }
  }

  /** @throws PipelineError `STORAGE`: a run that cannot be recorded does not start */
  async startRun(manifest: RunManifest): Promise<void> {
    try {
      await this.#saveRun(manifest);
    } catch (error) {
      throw asStateError(error, this.#file);
    }
  }

  /** Never rejects: what the run has committed is not undone by a history that cannot be written. */
  async updateRun(manifest: RunManifest): Promise<void> {
    await this.#attempt(() => this.#saveRun(manifest));
  }

  /**
   * Marks the runs of a resource, or of one shard, that are still `running` as killed. To be called by who holds the
   * lock of that name, before it starts a run of its own.
   */
  async closeAbandonedRuns(name: string): Promise<void> {
    await this.#attempt(async () => {
      const abandoned = (await this.#openRuns()).filter((manifest) => nameOfRun(manifest) === name);
      for (const manifest of abandoned) await this.#closeRun(manifest);
    });
  }

  /** Newest first. Runs whose process died are shown as failed. */
  async runs(filter: RunFilter): Promise<RunManifest[]> {
    await this.#closeRunsOfDeadProcesses();
    let query = this.#database.selectFrom('runs').select('manifest').limit(filter.limit);
    if (filter.resource !== undefined) query = query.where('resource', '=', filter.resource);
    if (filter.status !== undefined) query = query.where('status', '=', filter.status);
    const rows = await this.#read(() => query.orderBy('started_at', 'desc').orderBy('id', 'desc').execute());
    return rows.map((row) => this.#parse(runManifestSchema, row.manifest));
  }

  async run(id: string): Promise<RunManifest | undefined> {
    await this.#closeRunsOfDeadProcesses();
    const query = this.#database.selectFrom('runs').select('manifest').where('id', '=', id);
    const row = await this.#read(() => query.executeTakeFirst());
    return row && this.#parse(runManifestSchema, row.manifest);
  }

  /** Never rejects: the sink has the checkpoint that counts. */
  async saveCheckpoint(stream: string, checkpoint: Checkpoint): Promise<void> {
    const row = { checkpoint: JSON.stringify(checkpoint), updated_at: new Date().toISOString() };
    await this.#attempt(() =>
      this.#database
        .insertInto('checkpoints')
        .values({ stream, ...row })
        .onConflict((conflict) => conflict.column('stream').doUpdateSet(row))
        .execute(),
    );
  }

  async checkpoints(): Promise<KnownCheckpoint[]> {
    const rows = await this.#read(() =>
      this.#database.selectFrom('checkpoints').selectAll().orderBy('stream').execute(),
    );
    return rows.map((row) => ({
      stream: row.stream,
      checkpoint: this.#parse(checkpointSchema, row.checkpoint),
      updatedAt: row.updated_at,
    }));
  }

  /** Adds a delivery, or replaces it as it goes on. Never rejects. */
  async recordDelivery(delivery: Delivery): Promise<void> {
    const { id, resource, createdAt } = delivery;
    const row = { resource, created_at: createdAt, delivery: JSON.stringify(delivery) };
    await this.#attempt(() =>
      this.#database
        .insertInto('deliveries')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    );
  }

  /** Newest first. */
  async deliveries(filter: { readonly resource?: string; readonly limit: number }): Promise<Delivery[]> {
    let query = this.#database.selectFrom('deliveries').select('delivery').limit(filter.limit);
    if (filter.resource !== undefined) query = query.where('resource', '=', filter.resource);
    const rows = await this.#read(() => query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute());
    return rows.map((row) => this.#parse(deliverySchema, row.delivery));
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }

  async #saveRun(manifest: RunManifest): Promise<void> {
    const { id, resource, status, startedAt } = manifest;
    const row = { resource, status, started_at: startedAt, manifest: JSON.stringify(redactManifest(manifest)) };
    await this.#database
      .insertInto('runs')
      .values({ id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }

  /** A run holds its resource's lock from before it is recorded until after its end is: no lock, no process. */
  async #closeRunsOfDeadProcesses(): Promise<void> {
    await this.#attempt(async () => {
      for (const manifest of await this.#openRuns()) {
        if (!isLocked(this.#directory, nameOfRun(manifest))) await this.#closeRun(manifest);
      }
    });
  }

  async #openRuns(): Promise<RunManifest[]> {
    const rows = await this.#database.selectFrom('runs').select('manifest').where('status', '=', 'running').execute();
    return rows.map((row) => this.#parse(runManifestSchema, row.manifest));
  }

  /** Only if it is still open: the run may have come to its end between being read and now. */
  async #closeRun(manifest: RunManifest): Promise<void> {
    const closed = closeAsKilled(manifest);
    await this.#database
      .updateTable('runs')
      .set({ status: closed.status, manifest: JSON.stringify(closed) })
      .where('id', '=', manifest.id)
      .where('status', '=', 'running')
      .execute();
  }

  async #read<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw asStateError(error, this.#file);
    }
  }

  async #attempt(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      logger.warn({ error: asStateError(error, this.#file) }, 'The history of this run has a gap.');
    }
  }

  #parse<T>(schema: z.ZodType<T>, text: string): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new PipelineError('STORAGE', `${this.#file}: an entry is not what this version writes.`, {
        where: { file: this.#file },
        hint: 'Move the file away: positions live in the sink, only the history of runs is lost.',
        cause: error,
      });
    }
  }
}

/** In one transaction, so that a kill leaves no half of it and a second process waits for its end. */
async function migrate(database: Kysely<StateTables>, file: string): Promise<void> {
  const migrator = new Migrator({ db: database, provider: migrations });
  await sql`BEGIN IMMEDIATE`.execute(database);
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) {
    await sql`COMMIT`.execute(database);
    return;
  }
  if (/previously executed migration/.test(error instanceof Error ? error.message : '')) {
    throw new PipelineError('STORAGE', `${file} was written by a newer version of this pipeline.`, {
      where: { file },
      hint: 'Run that version again, or move the file away: positions live in the sink, only the history is lost.',
      cause: error,
    });
  }
  throw error;
}
