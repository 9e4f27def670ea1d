import { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { type Checkpoint, checkpointSchema } from '../pipeline/position.ts';
import { type Delivery, deliverySchema } from './delivery.ts';
import { LeaseStore, looksAlive } from './lease-store.ts';
import { migrate } from './migrations.ts';
import {
  closeAsKilled,
  nameOfRun,
  type RunManifest,
  type RunStatus,
  redactManifest,
  runManifestSchema,
} from './run-manifest.ts';
import { onState, type Parameter, type StateDatabase } from './state-database.ts';

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

const json = z.string().transform((text): unknown => JSON.parse(text));
const runRow = z.object({ manifest: json.pipe(runManifestSchema) }).transform((row) => row.manifest);
const deliveryRow = z.object({ delivery: json.pipe(deliverySchema) }).transform((row) => row.delivery);
const checkpointRow = z
  .object({ stream: z.string(), checkpoint: json.pipe(checkpointSchema), updated_at: z.string() })
  .transform(({ stream, checkpoint, updated_at }): KnownCheckpoint => ({ stream, checkpoint, updatedAt: updated_at }));

/**
 * What a pipeline remembers about itself: runs, checkpoints, deliveries of alerts, and who runs what. Nothing in it is
 * needed to go on correctly, so a store that cannot be opened stops a run before it starts, and one that fails later
 * does not: what the sink has committed counts, the gap in the history is logged.
 */
export class StateStore {
  readonly leases: LeaseStore;
  readonly #state: StateDatabase;

  private constructor(state: StateDatabase) {
    this.leases = new LeaseStore(state);
    this.#state = state;
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
      await state.close();
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
  async runs({ resource, status, limit }: RunFilter): Promise<RunManifest[]> {
    await this.#closeRunsOfDeadProcesses();
    return this.#select(
      runRow,
      `runs WHERE resource = coalesce($1, resource) AND status = coalesce($2, status)
       ORDER BY started_at DESC, id DESC LIMIT $3`,
      resource ?? null,
      status ?? null,
      limit,
    );
  }

  async run(id: string): Promise<RunManifest | undefined> {
    await this.#closeRunsOfDeadProcesses();
    const [manifest] = await this.#select(runRow, 'runs WHERE id = $1', id);
    return manifest;
  }

  /** Never rejects: the sink has the checkpoint that counts. */
  async saveCheckpoint(stream: string, checkpoint: Checkpoint): Promise<void> {
    const row = { stream, checkpoint: JSON.stringify(checkpoint), updated_at: new Date().toISOString() };
    await this.#attempt(() => this.#save('checkpoints', row));
  }

  async checkpoints(): Promise<KnownCheckpoint[]> {
    return this.#select(checkpointRow, 'checkpoints ORDER BY stream');
  }

  /** Adds a delivery, or replaces it as it goes on. Never rejects. */
  async recordDelivery(delivery: Delivery): Promise<void> {
    const { id, resource, createdAt } = delivery;
    const row = { id, resource, created_at: createdAt, delivery: JSON.stringify(delivery) };
    await this.#attempt(() => this.#save('deliveries', row));
  }

  /** Newest first. */
  async deliveries({ resource, limit }: Omit<RunFilter, 'status'>): Promise<Delivery[]> {
    const text = 'deliveries WHERE resource = coalesce($1, resource) ORDER BY created_at DESC, id DESC LIMIT $2';
    return this.#select(deliveryRow, text, resource ?? null, limit);
  }

  async close(): Promise<void> {
    await this.#state.close();
  }

  async #saveRun(manifest: RunManifest): Promise<void> {
    const { id, resource, status, startedAt } = manifest;
    const text = JSON.stringify(redactManifest(manifest));
    await this.#save('runs', { id, resource, status, started_at: startedAt, manifest: text });
  }

  /** Adds a row, or puts it in the place of the one with the same key, which is the first column. */
  async #save(table: string, row: Readonly<Record<string, string>>): Promise<void> {
    const columns = Object.keys(row);
    await this.#state.query(
      `INSERT INTO ${this.#state.schema}.${table} (${columns}) VALUES (${columns.map((_, index) => `$${index + 1}`)})
       ON CONFLICT (${columns[0]}) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`)}`,
      ...Object.values(row),
    );
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

  #openRuns(): Promise<RunManifest[]> {
    return this.#select(runRow, "runs WHERE status = 'running'");
  }

  /** Only if it is still open: the run may have come to its end between being read and now. */
  async #closeRun(manifest: RunManifest): Promise<void> {
    const closed = closeAsKilled(manifest);
    await this.#state.query(
      `UPDATE ${this.#state.schema}.runs SET status = $2, manifest = $3 WHERE id = $1 AND status = 'running'`,
      manifest.id,
      closed.status,
      JSON.stringify(closed),
    );
  }

  async #select<T>(row: z.ZodType<T>, from: string, ...parameters: readonly Parameter[]): Promise<T[]> {
    const { schema, query } = this.#state;
    const { rows } = await onState(this.#state, () => query(`SELECT * FROM ${schema}.${from}`, ...parameters));
    return rows.map((each) => this.#parse(row, each));
  }

  async #attempt(write: () => Promise<unknown>): Promise<void> {
    try {
      await onState(this.#state, write);
    } catch (error) {
      logger.warn({ error }, 'The history of this run has a gap.');
    }
  }

  #parse<T>(schema: z.ZodType<T>, row: unknown): T {
    try {
      return schema.parse(row);
    } catch (error) {
      throw new PipelineError('STORAGE', `${this.#state.location}: an entry is not what this version writes.`, {
        where: { file: this.#state.location },
        hint: capitalised(`${this.#state.remedy}.`),
        cause: error,
      });
    }
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
