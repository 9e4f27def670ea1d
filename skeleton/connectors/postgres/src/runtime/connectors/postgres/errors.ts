import { type Client, DatabaseError } from 'pg';
import { type ErrorCode, PipelineError } from '../../errors/pipeline-error.ts';

/** Where a client is or was to be connected to; a client of `pg` is one. */
type Server = Pick<Client, 'host' | 'port' | 'database' | 'user'>;

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
}

const TRY_AGAIN: Meaning = { code: 'UNAVAILABLE', hint: 'Run again later; nothing that was committed is lost.' };
const CREDENTIALS: Meaning = {
  code: 'ACCESS_DENIED',
  hint: 'Check user and password in the variable that holds the URL, and pg_hba.conf of the server.',
};

/** By SQLSTATE, or by its first two characters, which are its class. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': TRY_AGAIN,
  '28': CREDENTIALS,
  '40': { code: 'CONFLICT', hint: 'Another transaction got in the way; run again later.' },
  '53': { code: 'UNAVAILABLE', hint: 'The server is short of connections or memory; run again later.' },
  '53100': { code: 'STORAGE', hint: 'Free space on the disk of the server, then run again.' },
  '55P03': { code: 'UNAVAILABLE', hint: 'Somebody holds a lock on the table; run again later.' },
  '54': {
    code: 'REJECTED',
    hint: 'The server cannot hold, index or send so much at once; leave the large column out.',
  },
  '57014': { code: 'TIMEOUT', hint: 'The statement was cancelled: see statement_timeout of the role.' },
  '57P01': TRY_AGAIN,
  '57P02': TRY_AGAIN,
  '57P03': TRY_AGAIN,
  '57P05': TRY_AGAIN,
  '25P03': TRY_AGAIN,
  '25P04': TRY_AGAIN,
  '58': { code: 'STORAGE', hint: 'The server cannot read or write its files; look at its log and its disk.' },
  '25006': {
    code: 'ACCESS_DENIED',
    hint: 'Name the primary server in the URL of a sink; the query of a source must not write.',
  },
  '42501': { code: 'ACCESS_DENIED', hint: 'Grant the permission to the user of the URL.' },
  '42P01': { code: 'NOT_FOUND', hint: 'Check the name of the table, its case included, and its schema.' },
  '3F000': { code: 'NOT_FOUND', hint: 'Create the schema, or name another one.' },
  '42703': { code: 'NOT_FOUND', hint: 'Check the name of the column, its case included.' },
  '3D000': { code: 'NOT_FOUND', hint: 'Check the name of the database in the URL.' },
  '0A000': { code: 'CONFIGURATION', hint: 'Write into a table without row-level security, not into a view.' },
  '42809': { code: 'CONFIGURATION', hint: 'Write into a table, not into a view.' },
  '42601': { code: 'CONFIGURATION', hint: 'Check the query.' },
  '22': { code: 'REJECTED', hint: 'Check the values and the column types.' },
  '23': { code: 'REJECTED', hint: 'Check the values and the constraints of the table.' },
};

const LOST = /^(Connection terminated|Client (has encountered|was closed)|This socket has been ended|timeout expired)/;
const NETWORK = /^(ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EADDR)/;
const CERTIFICATE = /^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS|ERR_SSL)/;

/** A failure of `pg` or of the server with the code of the runtime; a PipelineError stays what it is. */
export function toPipelineError(error: unknown, server: Server): PipelineError {
  if (error instanceof PipelineError) return error;
  const at = `${server.host}:${server.port}`;
  if (error instanceof DatabaseError) return fromServer(error, server, at);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (NETWORK.test(code) || LOST.test(message)) {
    const what = LOST.test(message) && message !== 'timeout expired' ? 'The connection was lost' : 'Cannot connect';
    return new PipelineError('UNAVAILABLE', `PostgreSQL at ${at}: ${what} (${code || message}).`, {
      hint: 'Check host and port in the URL, that the server runs, and that the network lets this machine through.',
      cause: error,
    });
  }
  if (CERTIFICATE.test(code) || message.includes('SSL')) {
    return new PipelineError('CONFIGURATION', `PostgreSQL at ${at}: ${message}.`.replace(/\.\.$/, '.'), {
      hint: 'Check sslmode and sslrootcert in the URL.',
      cause: error,
    });
  }
  return new PipelineError('INTERNAL', `PostgreSQL at ${at}: ${message}`, { cause: error });
}

function fromServer(error: DatabaseError, { user, database }: Server, at: string): PipelineError {
  const state = error.code ?? '';
  const { code, hint } = MEANINGS[state] ?? MEANINGS[state.slice(0, 2)] ?? { code: 'INTERNAL', hint: undefined };
  const who = code === 'ACCESS_DENIED' ? ` (user ${user}, database ${database})` : '';
  return new PipelineError(code, `PostgreSQL at ${at}: ${describeServerError(error)}${who}.`, {
    where: error.column === undefined ? {} : { column: error.column },
    ...(hint === undefined ? {} : { hint: error.hint === undefined ? hint : `${error.hint}. ${hint}` }),
    cause: error,
  });
}

/** The bytes of a COPY are not what PostgreSQL's documentation says. */
export function unexpectedRow(): PipelineError {
  return new PipelineError('INTERNAL', 'PostgreSQL sent a COPY row in a form that was not expected.', {
    hint: 'Is there something between this machine and PostgreSQL that changes what it sends?',
  });
}

/** What the server says, with its detail: `value too long … (SQLSTATE 22001)`. */
export function describeServerError({ message, detail, code }: DatabaseError): string {
  const details = detail === undefined ? '' : `: ${detail.replace(/\.$/, '')}`;
  return `${message}${details} (SQLSTATE ${code})`;
}

/** Whether the server refused a record for its values: a data exception, a broken constraint or a limit of the server. */
export function isRecordError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^(2[23]|44000|54000)/.test(error.code ?? '');
}
