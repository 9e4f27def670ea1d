import { PipelineError } from '../../errors/pipeline-error.ts';
import { logger } from '../../observability/logger.ts';
import { Batch, type Row } from '../../pipeline/batch.ts';
import type { Check } from '../../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../../pipeline/extractor.ts';
import type { Position } from '../../pipeline/position.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { SourceContext } from '../connector.ts';
import { checkSource } from './check-source.ts';
import { estimateRecords } from './estimate-records.ts';
import { fileFormat } from './file-formats.ts';
import { type FilePosition, isStillToRead, lateFiles, parsePosition, startIn } from './file-position.ts';
import type { FilesConnection, FilesSource } from './options.ts';
import type { RecordGroup } from './record-group.ts';
import { isInShard, listSourceFiles, type SourceFile } from './source-files.ts';
import { inferFileSchema } from './source-schema.ts';

/** Reads the records of the files that match a pattern, in the order of their modification times and names. */
export class FilesExtractor extends Extractor {
  readonly batchSize: number;
  readonly #folder: string;
  readonly #options: FilesSource;
  readonly #context: SourceContext;

  constructor({ path }: FilesConnection, options: FilesSource, context: SourceContext) {
    super();
    this.batchSize = context.batchSize;
    this.#folder = path;
    this.#options = options;
    this.#context = context;
  }

  async check(): Promise<Check[]> {
    return checkSource(this.#folder, this.#options);
  }

  /** @returns no columns when no file matches and the sink exists: an earlier run has read them */
  async schema(expected?: TableSchema): Promise<TableSchema> {
    const files = await this.#list();
    if (files.length === 0 && expected === undefined) throw this.#nothingMatches();
    return inferFileSchema(files, this.#options, expected);
  }

  override async estimate(from?: Position): Promise<number | undefined> {
    const position = from && parsePosition(from);
    const files = await this.#list();
    return estimateRecords(
      this.#assigned(files).filter((file) => isStillToRead(file, position)),
      this.#options,
      position,
    );
  }

  override lagSeconds(position: Position): number {
    return Math.max(0, (Date.now() - parsePosition(position).modified) / 1000);
  }

  async *extract({ from, firstSequence, columns, signal }: ExtractRequest): AsyncGenerator<Batch> {
    const position = from && parsePosition(from);
    const all = await this.#list();
    if (all.length === 0 && position === undefined) throw this.#nothingMatches();
    const files = this.#assigned(all);
    if (position !== undefined) warnOfLateFiles(lateFiles(files, position));
    const arrived = files.reduce((latest, file) => Math.max(latest, file.arrived), 0);
    let sequence = firstSequence;
    for (const file of files.filter((candidate) => isStillToRead(candidate, position))) {
      const request = { schema: columns, ...startIn(file, position), batchSize: this.batchSize };
      if (file.size === 0)
        logger.warn({ file: file.path }, 'The file is empty: it holds no records, not even a header.');
      let { row } = request;
      for await (const group of fileFormat(file).read(file, this.#options, request)) {
        signal?.throwIfAborted();
        this.recordsRead += group.row - row;
        row = group.row;
        yield this.#toBatch(file, group, sequence++, arrived);
      }
    }
  }

  #toBatch(file: SourceFile, group: RecordGroup, sequence: number, arrived: number): Batch {
    const position: FilePosition = {
      modified: file.modified,
      name: file.name,
      row: group.row,
      offset: group.offset,
      done: group.last,
      arrived,
    };
    const { records, columns, rowNumbers, rejections, bytes, release } = group;
    const identity = { stream: this.#context.stream, sequence, position, origin: file.path };
    return new Batch<Row>(identity, {
      ...(columns && { columns }),
      ...(records && { records }),
      rowNumbers,
      rejections,
      bytes,
      ...(release && { release }),
    });
  }

  #list(): Promise<SourceFile[]> {
    return listSourceFiles(this.#folder, this.#options);
  }

  /** The files of our shard. Columns and checks go by all of them, so that the shards agree. */
  #assigned(files: readonly SourceFile[]): readonly SourceFile[] {
    const { shard } = this.#context;
    return shard === undefined ? files : files.filter((file) => isInShard(file.name, shard));
  }

  #nothingMatches(): PipelineError {
    return new PipelineError('NOT_FOUND', `No file in ${this.#folder} matches ${this.#options.path}.`, {
      where: { file: this.#folder, resource: this.#context.resource },
      hint: "Check 'path' of the source and of its connection. Files whose names start with . or _ do not count.",
    });
  }
}

function warnOfLateFiles(files: readonly SourceFile[]): void {
  if (files.length === 0) return;
  const message =
    'Files came whose modification times are older than what is read already. They are left out: touch them to have them read.';
  logger.warn({ files: files.map(({ path }) => path) }, message);
}
