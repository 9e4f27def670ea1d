import { access, constants, mkdir } from 'node:fs/promises';
import { asStorageError } from '../errors/storage-error.ts';
import { shardName } from '../pipeline/shard.ts';
import type {
  DeadLetterFilter,
  DeadLetterStore,
  DeadLetterWriter,
  ListedDeadLetter,
  Part,
  PurgeFilter,
} from './dead-letter-store.ts';
import { deadLetterFile, FileDeadLetterWriter } from './file-writer.ts';
import { listDeadLetters } from './list-file.ts';
import { purgeFile } from './purge-file.ts';

/** Dead letters in a folder, a file for each part of a resource: one JSON object a line. */
export class FileDeadLetterStore implements DeadLetterStore {
  readonly location: string;

  constructor(directory: string) {
    this.location = directory;
  }

  describe({ resource, shard }: Part): string {
    return deadLetterFile(this.location, shardName(resource, shard));
  }

  async check(): Promise<void> {
    try {
      await mkdir(this.location, { recursive: true });
      await access(this.location, constants.W_OK);
    } catch (error) {
      throw asStorageError(error, this.location);
    }
  }

  open({ resource, shard }: Part, afterSequence?: number): Promise<DeadLetterWriter> {
    return FileDeadLetterWriter.open(this.location, shardName(resource, shard), afterSequence);
  }

  list(filter?: DeadLetterFilter): AsyncIterable<ListedDeadLetter> {
    return listDeadLetters(this.location, filter);
  }

  purge(part: Part, filter: PurgeFilter): Promise<number> {
    return purgeFile(this.describe(part), filter);
  }

  async close(): Promise<void> {}
}
