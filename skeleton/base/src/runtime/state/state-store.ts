import type { Kysely } from 'kysely';
import type { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { type Checkpoint, checkpointSchema } from '../pipeline/position.ts';
import { type Delivery, deliverySchema } from './delivery.ts';
import { LeaseStore, looksAlive } from './lease-store.ts';
import { migrations } from './migrations.ts';
import {
  closeAsKilled,
  nameOfRun,
  type RunManifest,
  type RunStatus,
  redactManifest,
  runManifestSchema,
} from './run-manifest.ts';
import { onState, type StateDatabase } from './state-database.ts';
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
 * What a pipeline remembers about itself: runs, checkpoints, deliveries of alerts, and who runs what. Nothing in it is
 * needed to go on correctly, so a store that cannot be opened stops a run before it starts, and one that fails later
 * does not: what the sink has committed counts, the gap in the history is logged.
 */
export class StateStore {
  readonly leases: LeaseStore;
  readonly #state: StateDatabase;
  readonly #database: Kysely<StateTables>;

  private constructor(state: StateDatabase) {
    this.leases = new LeaseStore(state);
    this.#state = state;
    this.#database = state.tables;
  }

  /**
   * Brings the tables up to date. What is opened is closed again on failure.
   *
   * @throws PipelineError `STORAGE`, `ACCESS_DENIED` or `UNAVAILABLE` when the state cannot be read or written
   */
  static async open(opening: Promise<StateDatabase>): Promise<StateStore> {
    const state = await opening;
    try {
      await migrate(state);
      return new StateStore(state);
    } catch (error) {
      await state.tables.destroy();
      throw state.toError(error);
    }
  }

  /** Where the state is, for people. */
  get location(): string {
    return this.#state.location;
  }

  /** @throws PipelineError `STORAGE`, `ACCESS_DENIED` or `UNAVAILABLE` when nothing can be written now */
  async requireWritable(): Promise<void> {
    await this.leases.remove('', '');
  }

  /** @throws PipelineError `STORAGE`: a run that cannot be recorded does not start */
  async startRun(manifest: RunManifest): Promise<void> {
    await onState(this.#state, () => this.#saveRun(manifest));
  }

  /** Never rejects: what the run has committed is not undone by a history that cannot be written. */
  async updateRun(manifest: RunManifest): Promise<void> {
    await this.#attempt(() => this.#saveRun(manifest));
  }

  /**
   * Marks the runs of a resource, or of one shard, that are still `running` as killed. To be called by who holds the
   * lease of that name, before it starts a run of its own.
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

  /** A run holds its lease from before it is recorded until after its end is: no lease, no process. */
  async #closeRunsOfDeadProcesses(): Promise<void> {
    await this.#attempt(async () => {
      const open = await this.#openRuns();
      if (open.length === 0) return;
      const alive = new Set((await this.leases.list()).filter(looksAlive).map(({ run }) => run));
      for (const manifest of open) if (!alive.has(manifest.id)) await this.#closeRun(manifest);
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

  #read<T>(query: () => Promise<T>): Promise<T> {
    return onState(this.#state, query);
  }

  async #attempt(write: () => Promise<unknown>): Promise<void> {
    try {
      await onState(this.#state, write);
    } catch (error) {
      logger.warn({ error }, 'The history of this run has a gap.');
    }
  }

  #parse<T>(schema: z.ZodType<T>, text: string): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new PipelineError('STORAGE', `${this.#state.location}: an entry is not what this version writes.`, {
        where: { file: this.#state.location },
        hint: capitalised(`${this.#state.remedy}.`),
        cause: error,
      });
    }
  }
}

async function migrate(state: StateDatabase): Promise<void> {
  const { error } = await state.migrate(migrations);
  if (error === undefined) return;
  if (/previously executed migration/.test(error instanceof Error ? error.message : '')) {
    throw new PipelineError('STORAGE', `${state.location} was written by a newer version of this pipeline.`, {
      where: { file: state.location },
      hint: `Run that version again, or ${state.remedy}.`,
      cause: error,
    });
  }
  throw error;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
