import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { reviveRecord } from '../dead-letters/record.ts';
import { Batch, type Row } from '../pipeline/batch.ts';
import type { Check } from '../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../pipeline/extractor.ts';
import { inferSchema } from '../schema/infer.ts';
import type { TableSchema } from '../schema/table-schema.ts';

/**
 * Delivers the records of dead letters, each in a batch of its own, so that it is plain which letter fails again.
 * The position names the replay and the letters delivered so far: those that it loaded, and those that were noted as
 * refused, should the process die before they are marked as replayed.
 */
export class DeadLetterExtractor extends Extractor {
  readonly batchSize = 1;
  readonly #stream: string;
  readonly #run: string;
  readonly #letters: readonly DeadLetter[];
  #firstSequence = 0;

  /** @param run id of the replay */
  constructor(stream: string, run: string, letters: readonly DeadLetter[]) {
    super();
    this.#stream = stream;
    this.#run = run;
    this.#letters = letters;
  }

  /** The letter that was delivered in a batch. */
  letterOf(sequence: number): DeadLetter {
    const letter = this.#letters[sequence - this.#firstSequence];
    if (letter === undefined) throw new RangeError(`No letter was delivered in batch ${sequence}.`);
    return letter;
  }

  async check(): Promise<Check[]> {
    return [{ name: 'dead letters', ok: true, detail: `${this.#letters.length} to replay` }];
  }

  async schema(expected?: TableSchema): Promise<TableSchema> {
    return inferSchema(this.#letters.map(recordOf), expected);
  }

  async *extract({ firstSequence }: ExtractRequest): AsyncGenerator<Batch> {
    this.#firstSequence = firstSequence;
    const delivered: string[] = [];
    for (const [index, letter] of this.#letters.entries()) {
      delivered.push(letter.id);
      this.recordsRead += 1;
      yield new Batch(
        {
          stream: this.#stream,
          sequence: firstSequence + index,
          position: { run: this.#run, letters: [...delivered] },
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
