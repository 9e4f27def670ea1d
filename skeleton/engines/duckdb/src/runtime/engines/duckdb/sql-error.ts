import { z } from 'zod';
import { ValueError } from '../../columns/write-values.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';

/** What DuckDB says about an error when it is asked for JSON. */
const reportModel = z.object({
  exception_type: z.string(),
  exception_message: z.string(),
  /** Characters of the statement before what is meant. */
  position: z.coerce.number().int().optional(),
});

/** Faults of the values, not of the statement: which records cause them is found by trying. */
const FAULTS_OF_VALUES = ['Conversion', 'Invalid Input', 'Invalid', 'Out of Range', 'Constraint', 'Mismatch Type'];

/** A statement, and the transformer that it is of. */
export interface SqlOf {
  readonly name: string;
  readonly sql: string;
}

/** A record that a statement cannot work on. */
export class SqlValueError extends Error {
  override readonly name = 'SqlValueError';
}

/**
 * What an error of DuckDB means for the run.
 *
 * @param phase `prepare`: no record was looked at yet, so that the statement itself is at fault
 * @returns an error that is no PipelineError where a record is at fault
 */
export function explainSqlError(cause: unknown, { name, sql }: SqlOf, phase: 'prepare' | 'run'): Error {
  if (cause instanceof PipelineError || cause instanceof ValueError) return cause;
  const { type, message, position } = parse(cause);
  const text = `${message}${position === undefined ? '' : placeIn(sql, position)}`;
  if (type === 'Out of Memory') {
    return new PipelineError('STORAGE', `${name} needs more memory than it may take: ${text}`, {
      hint: 'Raise memoryLimit of the transformer, or lower batchSize of the resource.',
      cause,
    });
  }
  if (type === 'IO') return new PipelineError('STORAGE', `${name}: ${text}`, { cause });
  if (phase === 'prepare') {
    return new PipelineError('CONFIGURATION', `The SQL of ${name} is wrong: ${text}`, { cause });
  }
  if (FAULTS_OF_VALUES.includes(type)) return new SqlValueError(text, { cause });
  return new PipelineError('INTERNAL', `${name} failed: ${type}: ${text}`, { cause });
}

function parse(cause: unknown): { type: string; message: string; position?: number | undefined } {
  const message = cause instanceof Error ? cause.message : String(cause);
  const report = reportModel.safeParse(asJson(message.slice(message.indexOf('{'))));
  if (!report.success) return { type: 'unknown', message };
  const { exception_type: type, exception_message: said, position } = report.data;
  // General advice follows a blank line.
  const told = said.split('\n\n')[0] ?? said;
  return { type, message: told.replaceAll(/\s*\n\s*/g, ' '), position };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** ` (line 2, column 14: "FORM batch")` */
function placeIn(sql: string, position: number): string {
  const before = sql.slice(0, position).split('\n');
  const rest = sql.slice(position).split('\n')[0]?.slice(0, 30).trimEnd() ?? '';
  const near = rest === '' ? '' : `: ${JSON.stringify(rest)}`;
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}${near})`;
}
