import { redact } from '../config/secrets.ts';
import { asPipelineError, type ErrorLocation, type ExitCode } from '../errors/pipeline-error.ts';

/** Tells an error on stderr: what happened, where, what to do. Returns the exit code it calls for. */
export function reportError(error: unknown): ExitCode {
  const { code, message, where, hint, exitCode, cause } = asPipelineError(error);
  const lines = [`error ${code}: ${message}`];
  const place = describeLocation(where);
  if (place !== '') lines.push(`  where: ${place}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  if (code === 'INTERNAL') lines.push(stackOf(cause) ?? stackOf(error) ?? '');
  process.stderr.write(`${withoutControls(redact(lines.join('\n'))).trimEnd()}\n`);
  return exitCode;
}

/** `resource orders, file data/orders.csv, line 3, column total` */
export function describeLocation({ resource, file, line, offset, batch, row, column }: ErrorLocation): string {
  const parts: [string, string | number | undefined][] = [
    ['resource', resource],
    ['file', file],
    ['line', line],
    ['byte', offset],
    ['batch', batch],
    ['row', row],
    ['column', column],
  ];
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(', ');
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

/** Messages quote data, and data may hold what would change the terminal. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, ' ');
}
