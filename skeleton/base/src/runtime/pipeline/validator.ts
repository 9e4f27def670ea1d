export interface ValidationFailure {
  /** Index of the record in the batch that was given. */
  readonly index: number;
  readonly message: string;
  readonly column?: string;
}

export interface ValidationReport {
  /** Records that must not reach the sink. */
  readonly failures: readonly ValidationFailure[];
  /** Records that look wrong and are loaded all the same; counted in the manifest. */
  readonly warnings?: readonly ValidationFailure[];
}

/** Checks records that are well-formed for what they mean. */
export abstract class Validator<T> {
  /** `true`: one failure fails the run; `false` (default): failing records become dead letters. */
  readonly failOnError: boolean = false;

  get name(): string {
    return this.constructor.name;
  }

  abstract validate(rows: readonly T[]): ValidationReport;
}
