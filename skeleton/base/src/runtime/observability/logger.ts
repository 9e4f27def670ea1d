import { destination, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { redact } from '../config/secrets.ts';
import { writeAboveBars } from './progress-bars.ts';
import { serviceTags } from './service-tags.ts';
import { currentTraceIds } from './tracing.ts';

/** Writes before it returns, so that a process may exit at any moment and no line is lost. */
const stderr = destination({ dest: 2, sync: true });

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Writes JSON lines to stderr, with the ids of the trace they belong to and without secrets. `LOG_LEVEL` sets the
 * level; its default is `info`, on a terminal `fatal`, because there the command tells the story itself.
 *
 * Log an error as `logger.error({ error }, 'What was being done')`.
 */
export const logger = pino(
  {
    level: chooseLevel(process.env.LOG_LEVEL),
    base: undefined,
    messageKey: 'message',
    errorKey: 'error',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    mixin: () => ({ dd: { ...serviceTags, ...currentTraceIds() } }),
    serializers: { error: describeError },
    hooks: { streamWrite: redactLine },
  },
  { write: writeLine },
);

function writeLine(line: string): void {
  if (!writeAboveBars(line)) stderr.write(line);
}

function chooseLevel(wanted: string | undefined): string {
  const level = wanted?.toLowerCase() ?? '';
  if (LEVELS.includes(level)) return level;
  return process.stderr.isTTY && !process.env.CI ? 'fatal' : 'info';
}

/** Hides secrets in the texts of a log line, wherever they came from; numbers stay numbers. */
function redactLine(line: string): string {
  return `${JSON.stringify(JSON.parse(line, (_, value) => (typeof value === 'string' ? redact(value) : value)))}\n`;
}

/** An error under the names that Datadog's error tracking looks for: `kind`, `message`, `stack`. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, ...rest } = stdSerializers.err(error);
  return { kind: type, ...rest };
}
