import { join, relative } from 'node:path';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Batch, BatchIdentity } from '../../pipeline/batch.ts';
import { type Check, failedCheck } from '../../pipeline/check.ts';
import { type Asked, requireUnmoved } from '../../pipeline/fenced.ts';
import { Loader, type LoadReport, type RejectRecords } from '../../pipeline/loader.ts';
import type { Checkpoint } from '../../pipeline/position.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { checkFolder } from '../../storage/check-folder.ts';
import { WriterFolder } from '../../storage/writer-folder.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import { StreamedRecords } from '../../verify/streamed-records.ts';
import { filePath } from './actions.ts';
import { admit } from './admit.ts';
import { FORGOTTEN, findCheckpoint, findWriter } from './commit-info.ts';
import { commitColumns, commitData, commitForgotten } from './commits.ts';
import { type Expectation, expectationOf } from './conflicts.ts';
import { type DataFile, PartFiles } from './part-files.ts';
import { tableSchemaOf } from './schema-string.ts';
import { storedSchema } from './stored-columns.ts';
import { DeltaTable } from './table.ts';
import { readTableRecords } from './table-records.ts';
import { requireCreatable, requireWritable } from './writable.ts';

export interface DeltaLoaderOptions {
  /** Folder of the table. */
  readonly path: string;
  readonly stream: string;
  /** Id of the run. */
  readonly writer: string;
  readonly mode: 'append' | 'replace';
  readonly partitionBy?: readonly string[] | undefined;
}

/** What `prepare` set up. */
interface Prepared {
  readonly table: DeltaTable;
  readonly schema: TableSchema;
  readonly partitionColumns: readonly string[];
  readonly parts: PartFiles;
}

/**
 * Writes a stream into a Delta table. Batches are gathered in data files until these are 128 MiB, then files and
 * progress are committed together; `replace` commits once, when the source was read to its end.
 *
 * Files and commits are prepared in a folder of the run's own, without which it cannot publish any: see `WriterFolder`.
 */
export class DeltaLoader extends Loader {
  readonly guarantee = 'exactly-once';
  readonly #options: DeltaLoaderOptions;
  readonly #folder: WriterFolder;
  #table: DeltaTable | undefined;
  #prepared: Prepared | undefined;
  #asked: Asked | undefined;
  #committed: Checkpoint | undefined;
  #expected: Expectation | undefined;
  /** Last batch that is written and not committed. */
  #gathered: BatchIdentity | undefined;

  constructor(options: DeltaLoaderOptions) {
    super();
    this.#options = options;
    this.#folder = this.#folderOf(options.stream);
  }

  async check(): Promise<Check[]> {
    const folder = await checkFolder(this.#options.path);
    if (!folder.ok) return [folder];
    const name = `table ${this.#options.path}`;
    try {
      const table = await this.#open();
      const detail = table === undefined ? 'will be created' : `Delta version ${table.snapshot.version}`;
      return [folder, { name, ok: true, detail }];
    } catch (error) {
      return [folder, failedCheck(name, error)];
    }
  }

  async schema(): Promise<TableSchema | undefined> {
    const table = await this.#open();
    return table && tableSchemaOf(table.snapshot.metadata);
  }

  async checkpoint(stream: string): Promise<Checkpoint | undefined> {
    const table = await this.#open();
    const checkpoint = table && (await findCheckpoint(table.log, table.snapshot, stream));
    if (stream === this.#options.stream) this.#asked = { sequence: checkpoint?.sequence };
    return checkpoint;
  }

  override async streams(): Promise<readonly string[]> {
    const transactions = (await this.#open())?.snapshot.transactions.values() ?? [];
    return Array.from(transactions).flatMap(({ appId, version }) => (version === FORGOTTEN ? [] : [appId]));
  }

  override async forget(streams: readonly string[]): Promise<void> {
    const table = await this.#open();
    if (table === undefined) return;
    for (const stream of streams) await this.#folderOf(stream).expelOthers();
    await this.#folder.create();
    await commitForgotten(table, streams);
  }

  async evolve(added: readonly Field[]): Promise<void> {
    const table = await this.#open();
    if (table === undefined) throw new PipelineError('NOT_FOUND', `${this.#options.path} is no Delta table.`);
    await this.#folder.create();
    await commitColumns(table, added);
  }

  async prepare(schema: TableSchema): Promise<void> {
    await this.#folder.claim();
    await this.#publish(() => this.#begin(schema));
  }

  async #begin(schema: TableSchema): Promise<void> {
    const { path, stream } = this.#options;
    const table = (await this.#open()) ?? (await this.#create(schema));
    requireWritable(path, table.snapshot, schema, this.#options);
    const { partitionColumns } = table.snapshot.metadata;
    const parts = new PartFiles(path, this.#folder.path, storedSchema(schema, partitionColumns), partitionColumns);
    this.#committed = await findCheckpoint(table.log, table.snapshot, stream);
    requireUnmoved(stream, this.#asked, this.#committed);
    this.#expected = expectationOf(table.snapshot, stream);
    this.#prepared = { table, schema, partitionColumns, parts };
  }

  load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
    return this.#publish(() => this.#load(batch, reject));
  }

  async #load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
    const { schema, partitionColumns, parts } = this.#requirePrepared();
    if (batch.identity.sequence <= (this.#committed?.sequence ?? -1)) return { written: batch.size };
    const { columns, rejections } = admit(batch, schema, partitionColumns);
    if (rejections.length > 0) await reject(rejections);
    await parts.write(columns);
    this.#gathered = batch.identity;
    if (this.#options.mode === 'append' && parts.full) await this.#commit(false);
    return { written: columns.length };
  }

  finish(complete: boolean): Promise<void> {
    return this.#publish(() => this.#finish(complete));
  }

  async #finish(complete: boolean): Promise<void> {
    const replaces = this.#options.mode === 'replace';
    if (replaces && !complete) return;
    const completes = complete && this.#committed?.complete === false;
    if (replaces || completes || this.#gathered !== undefined) await this.#commit(complete);
  }

  override async comparable(comparison: Comparison): Promise<Comparable | undefined> {
    const table = await this.#open();
    if (table === undefined) return undefined;
    const files = [...table.snapshot.files.values()];
    return new StreamedRecords(comparison, () => readTableRecords(table.path, files, comparison.schema));
  }

  describe(): string {
    const path = relative('', this.#options.path) || '.';
    return this.#table === undefined ? path : `${path}, Delta version ${this.#table.snapshot.version}`;
  }

  override async close(): Promise<void> {
    await this.#prepared?.parts.discard();
    await this.#folder.close();
  }

  async #commit(complete: boolean): Promise<void> {
    const { table, parts } = this.#requirePrepared();
    const { mode, stream, writer } = this.#options;
    const last = this.#gathered ?? this.#committed;
    const checkpoint = last && { sequence: last.sequence, position: last.position, complete };
    const files = await parts.publish();
    const expected = this.#expected ?? expectationOf(table.snapshot, stream);
    try {
      await commitData(table, { files, mode, checkpoint, expected, writer });
    } catch (error) {
      if (await isUncommitted(table, files, error)) await parts.withdraw(files);
      throw error;
    }
    this.#expected = expectationOf(table.snapshot, stream);
    this.#committed = checkpoint;
    this.#gathered = undefined;
    this.recordsWritten += rowsIn(files);
  }

  #folderOf(stream: string): WriterFolder {
    return new WriterFolder(join(this.#options.path, '_staging'), stream, this.#options.writer);
  }

  #publish<T>(work: () => Promise<T>): Promise<T> {
    return this.#folder.publish(work, async () => {
      const table = await this.#open();
      return table && findWriter(table.log, table.snapshot, this.#options.stream);
    });
  }

  async #open(): Promise<DeltaTable | undefined> {
    if (this.#table === undefined) this.#table = await DeltaTable.open(this.#options.path, this.#folder.path);
    else await this.#table.refresh();
    return this.#table;
  }

  async #create(schema: TableSchema): Promise<DeltaTable> {
    const { path, partitionBy = [] } = this.#options;
    requireCreatable(schema, partitionBy);
    this.#table = await DeltaTable.create(path, this.#folder.path, schema, partitionBy);
    return this.#table;
  }

  #requirePrepared(): Prepared {
    if (this.#prepared === undefined) throw new TypeError('Call prepare before load and finish.');
    return this.#prepared;
  }
}

/** Whether nobody can have seen the files in the table: a failure after the commit is no reason to remove them. */
async function isUncommitted(table: DeltaTable, files: readonly DataFile[], error: unknown): Promise<boolean> {
  if (!(error instanceof PipelineError) || files.some(({ add }) => table.snapshot.files.has(filePath(add))))
    return false;
  if (error.code === 'LOCKED') return true;
  return error.code === 'STORAGE' && (await table.log.read(table.snapshot.version + 1).catch(() => [])) === undefined;
}

function rowsIn(files: readonly DataFile[]): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}
