/** What shows that a repository was rendered in part only. */
export interface Problem {
  /** Relative to the repository. */
  readonly path: string;
  /** Counted from 1; missing where it is about the file as a whole. */
  readonly line?: number | undefined;
  readonly message: string;
}

/** A repository that must not be published. */
export class HalfRenderedError extends Error {
  override readonly name = 'HalfRenderedError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(
      ({ path, line, message }) => `  ${path}${line === undefined ? '' : `:${line}`}: ${message}`,
    );
    super(
      `The repository is rendered in part only (${problems.length} places); it goes no further.\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}
