import { Batch, type Row } from '../pipeline/batch.ts';
import type { Check } from '../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../pipeline/extractor.ts';
import { inferSchema } from '../schema/infer.ts';
import type { TableSchema } from '../schema/table-schema.ts';

/** Delivers the given rows, for tests. */
export class MemoryExtractor<T extends Row = Row> extends Extractor<T> {
  readonly batchSize: number;
  readonly #rows: readonly T[];

  constructor(rows: readonly T[], batchSize = 1000) {
    super();
    this.#rows = rows;
    this.batchSize = batchSize;
  }

  async check(): Promise<Check[]> {
    return [{ name: 'rows', ok: true, detail: `${this.#rows.length} rows in memory` }];
  }

  async schema(expected?: TableSchema): Promise<TableSchema> {
    return inferSchema(this.#rows, expected);
  }

  async *extract({ from, firstSequence, columns }: ExtractRequest): AsyncGenerator<Batch<T>> {
    let sequence = firstSequence;
    const start = typeof from?.row === 'number' ? from.row : 0;
    for (let row = start; row < this.#rows.length; row += this.batchSize) {
      const rows = this.#rows.slice(row, row + this.batchSize);
      const identity = {
        stream: 'memory',
        sequence: sequence++,
        position: { row: row + rows.length },
        origin: 'memory',
      };
      const batch = new Batch<T>(identity, { rows, rowNumbers: row + 1 });
      this.recordsRead += rows.length;
      yield columns === undefined ? batch : batch.toColumns(columns);
    }
  }
}
