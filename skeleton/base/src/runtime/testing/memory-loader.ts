import type { Batch, Row } from '../pipeline/batch.ts';
import type { Check } from '../pipeline/check.ts';
import { type Guarantee, Loader, type LoadReport } from '../pipeline/loader.ts';
import type { Checkpoint } from '../pipeline/position.ts';
import type { Field, TableSchema } from '../schema/table-schema.ts';

/** Keeps what it is given, for tests. */
export class MemoryLoader<T = Row> extends Loader<T> {
  readonly guarantee: Guarantee = 'exactly-once';
  readonly rows: T[] = [];
  #schema: TableSchema | undefined;
  #checkpoint: Checkpoint | undefined;

  async check(): Promise<Check[]> {
    return [{ name: 'memory', ok: true, detail: 'writable' }];
  }

  async schema(): Promise<TableSchema | undefined> {
    return this.#schema;
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    return this.#checkpoint;
  }

  async prepare(schema: TableSchema): Promise<void> {
    this.#schema ??= schema;
  }

  async evolve(added: readonly Field[]): Promise<void> {
    this.#schema = { fields: [...(this.#schema?.fields ?? []), ...added] };
  }

  async load(batch: Batch<T>): Promise<LoadReport> {
    this.rows.push(...batch.rows());
    this.recordsWritten += batch.size;
    this.#checkpoint = { sequence: batch.identity.sequence, position: batch.identity.position, complete: false };
    return { written: batch.size };
  }

  async finish(complete: boolean): Promise<void> {
    if (this.#checkpoint !== undefined) this.#checkpoint = { ...this.#checkpoint, complete };
  }

  describe(): string {
    return 'memory';
  }
}
