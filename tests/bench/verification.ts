import { type Comparison, compare, type Fingerprint, type FingerprintRequest } from './fingerprint.ts';
import type { Inputs } from './inputs.ts';
import type { Candidate, Sink } from './move.ts';

/** Holds what was written against what was read, and asks for each fingerprint of the source only once. */
export class Verification {
  readonly #inputs: Inputs;
  readonly #fingerprint: (request: FingerprintRequest) => Fingerprint;
  readonly #expected = new Map<Candidate['changes'], Fingerprint>();

  constructor(inputs: Inputs, fingerprint: (request: FingerprintRequest) => Fingerprint) {
    this.#inputs = inputs;
    this.#fingerprint = fingerprint;
  }

  /** @returns undefined for a candidate that writes nothing */
  compare({ changes, writesNothing }: Candidate, sink: Sink): Comparison | undefined {
    if (writesNothing === true) return undefined;
    const expected = this.#expectedWith(changes);
    return compare(expected, this.#fingerprint({ relation: sink, like: expected }));
  }

  #expectedWith(changes: Candidate['changes']): Fingerprint {
    const known = this.#expected.get(changes);
    if (known !== undefined) return known;
    const expected = this.#fingerprint({ relation: this.#inputs.table, changes });
    this.#expected.set(changes, expected);
    return expected;
  }
}
