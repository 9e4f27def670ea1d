import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { reviveRecord } from '../dead-letters/record.ts';
import { Batch, type Row } from '../pipeline/batch.ts';
import type { Check } from '../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../pipeline/extractor.ts';
import { inferSchema } from '../schema/infer.ts';
import type { TableSchema } from '../schema/table-schema.ts';

/**
 * Delivers the records of dead letters, each in a batch of its own, so that it is plain which letter fails again.
 * The position lists the letters delivered so far: those that are loaded, should the process die before they are
 * marked as replayed.
 */
export class DeadLetterExtractor extends Extractor {
  readonly batchSize = 1;
  readonly #stream: string;
  readonly #letters: readonly DeadLetter[];

  constructor(stream: string, letters: readonly DeadLetter[]) {
    super();
    this.#stream = stream;
    this.#letters = letters;
  }

  async check(): Promise<Check[]> {
    return [{ name: 'dead letters', ok: true, detail: `${this.#letters.length} to replay` }];
  }

  async schema(expected?: TableSchema): Promise<TableSchema> {
    return inferSchema(this.#letters.map(recordOf), expected);
  }

  async *extract({ firstSequence }: ExtractRequest): AsyncGenerator<Batch> {
    const delivered: string[] = [];
    for (const [index, letter] of this.#letters.entries()) {
      delivered.push(letter.id);
      this.recordsRead += 1;
      yield new Batch(
        {
          stream: this.#stream,
          sequence: firstSequence + index,
          position: { letters: [...delivered] },
          origin: `dead letter ${letter.id}`,
        },
        { rows: [recordOf(letter)], rowNumbers: [letter.rowNumber] },
      );
    }
  }
}

function recordOf(letter: DeadLetter): Row {
  const record = reviveRecord(letter.record);
  return typeof record === 'object' && record !== null ? (record as Row) : {};
}
