import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Batch, Rejection } from '../../pipeline/batch.ts';
import type { Check } from '../../pipeline/check.ts';
import { type Asked, requireUnmoved } from '../../pipeline/fenced.ts';
import { type Guarantee, Loader, type LoadReport, type RejectRecords } from '../../pipeline/loader.ts';
import type { Checkpoint } from '../../pipeline/position.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import type { SinkContext } from '../connector.ts';
import { AbandonableConnection } from './abandonable-connection.ts';
import { type BatchWriter, createDirectWriter, createStagedWriter } from './batch-writers.ts';
import {
  checkpointTable,
  claimStream,
  createCheckpointTable,
  lockProgress,
  readCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
  setComplete,
  streamsLike,
} from './checkpoints.ts';
import { withClient } from './client.ts';
import { comparableTable } from './comparable.ts';
import { toPipelineError } from './errors.ts';
import { loadRecords } from './load-records.ts';
import { databaseOf, type PostgresConnection, type PostgresSink, requireTableName } from './options.ts';
import { RawRows, rowForm } from './raw-rows.ts';
import { createStaging, dropStaging, replaceContents, stagingTable } from './replacement.ts';
import { checkSink } from './sink-checks.ts';
import { SinkSession } from './sink-session.ts';
import { tableExists } from './table-columns.ts';
import { showTable, type TableName } from './table-name.ts';
import { requireShape, shapeOf } from './table-shape.ts';
import { addColumns, createTarget, describeTarget, requireUniqueKey, targetColumns, targetField } from './target.ts';

/** What `prepare` found out, and each batch needs. */
interface Prepared {
  readonly writer: BatchWriter;
  /** The form in which rows are taken as they are. */
  readonly form: string;
  /** The columns that batches are brought into. */
  readonly schema: TableSchema;
  /** The table that batches are put into, and what it must still look like when one is there. */
  readonly into: TableName;
  readonly shape: string | undefined;
}

/**
 * Writes batches by binary COPY, each in one transaction with the checkpoint of its stream.
 *
 * - `append`: COPY into the table
 * - `merge`: COPY into a temporary table, and from there by key
 * - `replace`: COPY into a staging table, which takes the place of the table at the end
 */
export class PostgresLoader extends Loader {
  readonly guarantee: Guarantee = 'exactly-once';
  readonly #connection: AbandonableConnection;
  readonly #context: SinkContext;
  readonly #table: TableName;
  readonly #checkpoints: TableName;
  readonly #session: SinkSession;
  #prepared: Prepared | undefined;
  /** What `checkpoint` answered before the stream was locked. */
  #asked: Asked | undefined;
  /** The batch in hand, which may come again because it is not known whether it was committed. */
  #inHand: { readonly sequence: number; report?: LoadReport; readonly rejected: Set<string> } | undefined;

  constructor(connection: PostgresConnection, { table }: PostgresSink, context: SinkContext) {
    super();
    this.#connection = new AbandonableConnection(connection);
    this.#context = context;
    this.#table = requireTableName(table);
    this.#checkpoints = checkpointTable(this.#table.schema);
    this.#session = new SinkSession(this.#connection, context, {
      checkpoints: this.#checkpoints,
      prepare: async (client) => this.#prepared?.writer.open(client),
    });
  }

  async check(): Promise<Check[]> {
    return checkSink(this.#connection, this.#table, this.#context);
  }

  async schema(): Promise<TableSchema | undefined> {
    return this.#withClient((client) => describeTarget(client, this.#table, this.#key));
  }

  async checkpoint(stream: string): Promise<Checkpoint | undefined> {
    const checkpoint = await this.#withClient(async (client) => {
      const exists = await tableExists(client, this.#checkpoints);
      return exists ? readCheckpoint(client, this.#checkpoints, stream) : undefined;
    });
    if (stream === this.#context.stream) this.#asked = { sequence: checkpoint?.sequence };
    return checkpoint;
  }

  override async streams(stream: string): Promise<readonly string[]> {
    return this.#withClient(async (client) =>
      (await tableExists(client, this.#checkpoints)) ? streamsLike(client, this.#checkpoints, stream) : [],
    );
  }

  override async forget(streams: readonly string[]): Promise<void> {
    await this.#withClient((client) => removeCheckpoint(client, this.#checkpoints, ...streams));
  }

  async evolve(added: readonly Field[]): Promise<void> {
    await this.#withClient((client) => addColumns(client, this.#table, added));
  }

  async prepare(schema: TableSchema): Promise<void> {
    await this.#run(async (client) => {
      await createCheckpointTable(client, this.#checkpoints);
      const now = await readCheckpoint(client, this.#checkpoints, this.#context.stream);
      requireUnmoved(this.#context.stream, this.#asked, now);
      await claimStream(client, this.#checkpoints, this.#context.stream, this.#context.writer);
      if (!(await tableExists(client, this.#table))) await createTarget(client, this.#table, schema, this.#key);
      if (this.#context.mode === 'merge') await requireUniqueKey(client, this.#table, this.#key);
      const columns = await targetColumns(client, this.#table, schema);
      const direct = this.#context.mode !== 'merge' && columns.every(({ travelsAs }) => travelsAs === undefined);
      if (this.#context.mode === 'replace') await this.#restartStaging(client);
      const into = this.#context.mode === 'replace' ? stagingTable(this.#table) : this.#table;
      const writer = direct ? createDirectWriter(into, columns) : createStagedWriter(into, columns, this.#key);
      await writer.open(client);
      this.#prepared = {
        writer,
        form: rowForm(columns).name,
        schema: { fields: columns.map((column) => targetField(column, this.#key)) },
        into,
        shape: await shapeOf(client, into, namesOf(schema)),
      };
    });
  }

  override get form(): string | undefined {
    return this.#prepared?.form;
  }

  async load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
    const { schema, writer, into, shape } = this.#requirePrepared();
    const { sequence, position } = batch.identity;
    const inHand = this.#inHand?.sequence === sequence ? this.#inHand : { sequence, rejected: new Set<string>() };
    this.#inHand = inHand;
    const records = batch.records instanceof RawRows ? batch : batch.toColumns(schema);
    const report = await this.#run(async (client) => {
      await client.query('BEGIN; SET CONSTRAINTS ALL IMMEDIATE');
      const checkpoint = await this.#lockProgress(client);
      if (checkpoint !== undefined && checkpoint.sequence >= sequence) {
        await client.query('ROLLBACK');
        return inHand.report ?? { written: batch.size };
      }
      const { written, merged, rejections } = await loadRecords(client, writer, records);
      // Before any record is called a bad one. What is written holds a lock that lets nobody alter the table from now on.
      await requireShape(client, into, shape, namesOf(schema));
      await this.#reject([...(records === batch ? [] : records.rejections), ...rejections], inHand.rejected, reject);
      await saveCheckpoint(client, this.#checkpoints, this.#progressOf(), { sequence, position, complete: false });
      inHand.report = { written, merged };
      await client.query('COMMIT');
      return inHand.report;
    });
    this.recordsWritten += report.written;
    return report;
  }

  async finish(complete: boolean): Promise<void> {
    const { schema } = this.#requirePrepared();
    await this.#run(async (client) => {
      await client.query('BEGIN');
      const reached = await this.#lockProgress(client);
      if (this.#context.mode === 'replace') await this.#finishReplace(client, complete, reached, schema);
      else await setComplete(client, this.#checkpoints, this.#context.stream, complete);
      await client.query('COMMIT');
    });
  }

  override async comparable(comparison: Comparison): Promise<Comparable> {
    return comparableTable(this.#connection, this.#context.stream, this.#table, comparison);
  }

  describe(): string {
    return `${databaseOf(this.#connection)}.${showTable(this.#table)}`;
  }

  override abandon(): void {
    this.#connection.abandon();
  }

  override async close(): Promise<void> {
    await this.#session.close();
  }

  /** Columns that identify a record; only `merge` uses them. */
  get #key(): readonly string[] {
    return this.#context.mode === 'merge' ? this.#context.key : [];
  }

  /** A full load that dies starts over: its progress is nobody's checkpoint until the table is replaced. */
  #progressOf(): string {
    return this.#context.mode === 'replace' ? `${this.#context.stream} (staging)` : this.#context.stream;
  }

  #lockProgress(client: Client): Promise<Checkpoint | undefined> {
    return lockProgress(client, this.#checkpoints, this.#context, this.#progressOf());
  }

  async #restartStaging(client: Client): Promise<void> {
    await dropStaging(client, this.#table);
    await removeCheckpoint(client, this.#checkpoints, this.#progressOf());
    await createStaging(client, this.#table);
  }

  async #finishReplace(
    client: Client,
    complete: boolean,
    reached: Checkpoint | undefined,
    { fields }: TableSchema,
  ): Promise<void> {
    // The answer to an earlier try may have been lost.
    if (!(await tableExists(client, stagingTable(this.#table)))) return;
    await removeCheckpoint(client, this.#checkpoints, this.#progressOf());
    if (!complete) {
      await dropStaging(client, this.#table);
      return;
    }
    await replaceContents(client, this.#table, namesOf({ fields }));
    if (reached === undefined) await setComplete(client, this.#checkpoints, this.#context.stream, true);
    else await saveCheckpoint(client, this.#checkpoints, this.#context.stream, { ...reached, complete: true });
  }

  /** Each record is told of once, also when its batch comes again. */
  async #reject(rejections: readonly Rejection[], told: Set<string>, reject: RejectRecords): Promise<void> {
    const fresh = rejections.filter((rejection, index) => !told.has(keyOf(rejection, index)));
    if (fresh.length > 0) await reject(fresh);
    for (const [index, rejection] of rejections.entries()) told.add(keyOf(rejection, index));
  }

  #requirePrepared(): Prepared {
    if (this.#prepared === undefined)
      throw new PipelineError('INTERNAL', 'prepare() comes before load() and finish().');
    return this.#prepared;
  }

  /** Works on the connection that holds the lock; after a failure the next call gets a new one. */
  async #run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.#session.client();
    try {
      return await work(client);
    } catch (error) {
      this.#session.discard();
      throw toPipelineError(error, client);
    }
  }

  #withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return withClient(this.#connection, this.#context.stream, 'write', work);
  }
}

function namesOf({ fields }: TableSchema): string[] {
  return fields.map(({ name }) => name);
}

function keyOf({ rowNumber }: Rejection, index: number): string {
  return rowNumber === undefined ? `index ${index}` : `row ${rowNumber}`;
}
