import { basename, join } from 'node:path';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { Check } from '../../pipeline/check.ts';
import { type Asked, requireUnmoved } from '../../pipeline/fenced.ts';
import { Loader, type LoadReport, type RejectRecords } from '../../pipeline/loader.ts';
import type { Checkpoint } from '../../pipeline/position.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { checkFolder } from '../../storage/check-folder.ts';
import { WriterFolder } from '../../storage/writer-folder.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import type { SinkContext } from '../connector.ts';
import { admit } from './admit.ts';
import type { FilesConnection, FilesSink } from './options.ts';
import { openStagedPart, type PartFile, partExtension } from './part-file.ts';
import { Replacement, replacementRoot } from './replacement.ts';
import { TableFolder, withColumns } from './table-folder.ts';
import { comparableTable } from './table-records.ts';

/** A file is finished and committed once it has so many bytes. */
const PART_BYTES = 128 * 1024 * 1024;

/**
 * Writes a stream into the files of a folder. Batches are gathered in one file; when it is finished, it appears under
 * the number of its first batch, and then the checkpoint moves on. A run that is killed in between leaves a file
 * behind its checkpoint: the next run removes it and writes the same records again. With mode `replace` the files are
 * gathered in a hidden folder that takes the place of the table when the source was read to its end.
 *
 * Files are prepared in a folder of the run's own, without which it cannot publish any: see `WriterFolder`.
 */
export class FilesLoader extends Loader {
  readonly guarantee = 'idempotent';
  override readonly tellsResourcesApart = true;
  readonly #options: FilesSink;
  readonly #mode: 'append' | 'replace';
  readonly #path: string;
  readonly #stream: string;
  readonly #shardOf: string | undefined;
  readonly #writer: string;
  /** Where files are before readers see them. */
  readonly #folder: WriterFolder;
  readonly #table: TableFolder;
  readonly #replacement: Replacement;
  /** Where files are written: the table, or what will replace it. */
  readonly #target: TableFolder;
  #schema: TableSchema | undefined;
  #asked: Asked | undefined;
  #committed: Checkpoint | undefined;
  #part: PartFile | undefined;
  /** The last batch that is not committed, and the records since the last commit. */
  #pending: Omit<Checkpoint, 'complete'> | undefined;
  #pendingRecords = 0;
  /** Records in the finished files of a replacement, which count when it takes effect. */
  #replacedRecords = 0;
  #parts: number | undefined;

  constructor(connection: FilesConnection, options: FilesSink, context: SinkContext) {
    super();
    const { stream, shardOf, mode, resource, writer } = context;
    if (mode === 'merge') {
      throw new PipelineError('CONFIGURATION', 'Files cannot be merged by key: their records do not change.', {
        where: { resource },
        hint: "Use mode 'append' or 'replace', or a PostgreSQL sink.",
      });
    }
    this.#options = options;
    this.#mode = mode;
    this.#path = join(connection.path, options.table);
    this.#stream = stream;
    this.#shardOf = shardOf;
    this.#writer = writer;
    this.#folder = this.#folderOf(stream);
    this.#table = new TableFolder(this.#path, stream, this.#folder.path);
    this.#replacement = new Replacement(this.#path, this.#folder);
    this.#target = mode === 'replace' ? new TableFolder(this.#folder.path, stream) : this.#table;
  }

  async check(): Promise<Check[]> {
    return [await checkFolder(this.#path)];
  }

  async schema(): Promise<TableSchema | undefined> {
    return (await this.#current()).readSchema();
  }

  async checkpoint(stream: string): Promise<Checkpoint | undefined> {
    const folder = (await this.#replacement.ready()) ?? this.#path;
    const checkpoint = (await new TableFolder(folder, stream).readState())?.checkpoint;
    if (stream === this.#stream) this.#asked = { sequence: checkpoint?.sequence };
    return checkpoint;
  }

  override async streams(): Promise<readonly string[]> {
    return this.#table.streams();
  }

  override async forget(streams: readonly string[]): Promise<void> {
    for (const stream of streams) {
      await this.#expelOthers(stream);
      await new TableFolder(this.#path, stream).forget();
    }
  }

  async prepare(schema: TableSchema): Promise<void> {
    await this.#replacement.recover();
    await this.#expelOthers(this.#stream);
    await this.#folder.claim();
    await this.#publish(() => this.#begin(schema));
    this.#schema = schema;
  }

  async #begin(schema: TableSchema): Promise<void> {
    const state = await this.#table.readState();
    requireUnmoved(this.#stream, this.#asked, state?.checkpoint);
    this.#committed = state?.checkpoint;
    await this.#target.create();
    if (this.#mode === 'append') {
      if (state === undefined) await this.#beginStream();
      await this.#table.removeLeftovers(this.#committed?.sequence ?? -1);
      if (this.#shardOf !== undefined) await this.#removeLeftoversOf(this.#shardOf);
    }
    const known = this.#mode === 'append' ? await this.#table.readSchema() : undefined;
    await this.#target.writeSchema(withColumns(known, schema.fields));
    this.#parts = await this.#table.countParts();
  }

  /** Files that are there keep their columns; new ones have more, in CSV by their header. */
  async evolve(added: readonly Field[]): Promise<void> {
    if (this.#mode === 'replace') return;
    await this.#folder.create();
    await this.#table.create();
    await this.#table.writeSchema(withColumns(await this.#table.readSchema(), added));
  }

  load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
    return this.#publish(() => this.#load(batch, reject));
  }

  async #load(batch: Batch, reject: RejectRecords): Promise<LoadReport> {
    const { sequence, position } = batch.identity;
    if (this.#mode === 'append' && sequence <= (this.#committed?.sequence ?? -1)) return { written: batch.size };
    const { columns, rejections } = admit(batch, this.#requireSchema(), this.#options);
    if (rejections.length > 0) await reject(rejections);
    if (columns.length > 0) {
      this.#part ??= await this.#openPart(sequence);
      await this.#part.write(columns);
    }
    this.#pending = { sequence, position };
    this.#pendingRecords += columns.length;
    if (this.#part !== undefined && this.#part.bytesWritten >= PART_BYTES) await this.#commit(false);
    return { written: columns.length };
  }

  finish(complete: boolean): Promise<void> {
    return this.#publish(() => this.#finish(complete));
  }

  async #finish(complete: boolean): Promise<void> {
    if (this.#mode === 'append') {
      if (this.#pending !== undefined || (complete && this.#committed?.complete === false))
        await this.#commit(complete);
      return;
    }
    if (!complete) return;
    await this.#commit(true);
    await this.#replacement.complete();
    this.recordsWritten = this.#replacedRecords;
    this.#parts = await this.#table.countParts();
  }

  /** The files of the resource, its shards and its replays; other resources may have theirs in the same folder. */
  override async comparable(comparison: Comparison): Promise<Comparable> {
    return comparableTable(await this.#current(), this.#stream, this.#options, comparison);
  }

  describe(): string {
    const parts = this.#parts === undefined ? '' : `, ${this.#parts} ${this.#parts === 1 ? 'part' : 'parts'}`;
    return `${this.#path}${parts}`;
  }

  override async close(): Promise<void> {
    await this.#part?.abort();
    this.#part = undefined;
    // What was decided on is completed by the next run.
    if (this.#mode === 'append' || (await this.#replacement.ready()) === undefined) await this.#folder.close();
  }

  /** What readers find now: a replacement that was decided on counts. */
  async #current(): Promise<TableFolder> {
    const ready = await this.#replacement.ready();
    return ready === undefined ? this.#table : new TableFolder(ready, this.#stream);
  }

  /** Writes down that the stream writes here, so that what a first run leaves behind can be told from lost checkpoints. */
  async #beginStream(): Promise<void> {
    const parts = await this.#table.parts();
    if (parts.length > 0) {
      const message = `${this.#path} holds ${parts.length} parts of ${this.#stream}, and no checkpoint says how far they go.`;
      throw new PipelineError('CONFIGURATION', message, {
        where: { file: this.#path },
        hint: 'Restore _checkpoints in that folder, or move the parts away to load everything again.',
      });
    }
    await this.#table.writeState({ writer: this.#writer });
  }

  /** Nobody else will, when the resource was split after a run of the whole was killed. */
  async #removeLeftoversOf(whole: string): Promise<void> {
    await this.#expelOthers(whole);
    const folder = new TableFolder(this.#path, whole);
    const state = await folder.readState();
    if (state !== undefined) await folder.removeLeftovers(state.checkpoint?.sequence ?? -1);
  }

  #folderOf(stream: string, mode = this.#mode): WriterFolder {
    const root = mode === 'replace' ? replacementRoot(this.#path) : join(this.#path, '_staging');
    return new WriterFolder(root, stream, this.#writer);
  }

  /** Whatever mode they were started with. */
  async #expelOthers(stream: string): Promise<void> {
    for (const mode of ['append', 'replace'] as const) await this.#folderOf(stream, mode).expelOthers();
  }

  #publish<T>(work: () => Promise<T>): Promise<T> {
    return this.#folder.publish(work, async () => (await this.#table.readState())?.writer);
  }

  /** In a replacement a part has its place at once; into a table it comes when it is finished. */
  #openPart(sequence: number): Promise<PartFile> {
    const path = this.#target.partPath(sequence, partExtension(this.#options));
    return openStagedPart(join(this.#folder.path, basename(path)), path, this.#options, this.#requireSchema());
  }

  /** First the file, then the checkpoint: a file without it is removed by the next run. */
  async #commit(complete: boolean): Promise<void> {
    if (this.#part !== undefined) {
      await this.#part.finish();
      this.#part = undefined;
      if (this.#parts !== undefined) this.#parts++;
    }
    const last = this.#pending ?? this.#committed;
    if (last !== undefined) {
      this.#committed = { sequence: last.sequence, position: last.position, complete };
      if (this.#mode === 'append' || complete) {
        await this.#target.writeState({ writer: this.#writer, checkpoint: this.#committed });
      }
    }
    if (this.#mode === 'append') this.recordsWritten += this.#pendingRecords;
    else this.#replacedRecords += this.#pendingRecords;
    this.#pending = undefined;
    this.#pendingRecords = 0;
  }

  #requireSchema(): TableSchema {
    if (this.#schema === undefined) throw new TypeError('Call prepare before load.');
    return this.#schema;
  }
}
