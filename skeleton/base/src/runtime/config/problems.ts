import { PipelineError } from '../errors/pipeline-error.ts';

/** Keys and list indices that lead to a value: `['resources', 'orders', 'sink', 'key', 0]`. */
export type ValuePath = readonly (string | number)[];

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** `resources.orders.sink.mode`; empty for the file as a whole. */
  readonly path: string;
  /** From 1; absent when the file could not be read. */
  readonly line?: number;
  readonly column?: number;
  /** What was found and what is allowed. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Thrown when pipeline.yaml, or the environment it refers to, is wrong; tells all problems at once. */
export class ConfigurationError extends PipelineError {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], cause?: unknown) {
    const sorted = problems.toSorted(
      (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
    );
    const count = sorted.length === 1 ? '' : `${sorted.length} problems in ${file}\n`;
    super('CONFIGURATION', count + sorted.map((problem) => formatProblem(file, problem)).join('\n'), { cause });
    this.file = file;
    this.problems = sorted;
  }
}

export function formatPath(path: ValuePath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function formatProblem(file: string, { path, line, column, message, hint }: ConfigProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const what = path === '' ? message : `${path}: ${message}`;
  return `${place} ${what}${hint === undefined ? '' : `\n  hint: ${hint}`}`;
}
