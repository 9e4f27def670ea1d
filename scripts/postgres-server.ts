import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_TIMEOUT_SECONDS = 60;
/** How PostgreSQL takes signals: open sessions are ended, or everything is dropped as in a crash. */
const FAST_SHUTDOWN = 'SIGINT';
const IMMEDIATE_SHUTDOWN = 'SIGQUIT';

/** A PostgreSQL server of its own: on the loopback interface, in a folder that goes away with it. */
export interface PostgresServer {
  /** postgres://postgres:password@127.0.0.1:port/postgres, the superuser. */
  readonly url: string;
  readonly port: number;
  readonly processId: number;
  /** Stops the server and starts it again: sessions are ended (`fast`), or it ends like after a crash (`immediate`). */
  restart(how: 'fast' | 'immediate'): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOrigin {
  /** How often the server has used up its transaction numbers. */
  readonly epoch?: number;
  /** The superuser's address of the server whose standby it is. */
  readonly standbyOf?: string;
}

/**
 * Starts the PostgreSQL server that is installed on this machine. Settings are those of postgresql.conf.
 *
 * @throws Error when no server is installed, or with its log when it does not start
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  { epoch, standbyOf }: PostgresOrigin = {},
): Promise<PostgresServer> {
  const programs = findPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const owner = await giveToServerUser(folder);
  const password = standbyOf === undefined ? randomBytes(16).toString('hex') : new URL(standbyOf).password;
  const passwordFile = join(folder, 'password');
  const data = join(folder, 'data');
  const execute = (name: string, options: readonly string[]) => {
    const [program, ...all] = owner(join(programs, name), options);
    execFileSync(program, all, { stdio: 'pipe' });
  };
  if (standbyOf === undefined) {
    await writeFile(passwordFile, password, { mode: 0o644 });
    const initialise = ['--pgdata', data, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    execute('initdb', [...initialise, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync']);
    await rm(passwordFile);
  } else {
    const copy = ['--pgdata', data, `--dbname=${standbyOf}`, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
    execute('pg_basebackup', copy);
  }
  if (epoch !== undefined) execute('pg_resetwal', ['--pgdata', data, `--epoch=${epoch}`]);

  const port = await freePort();
  const options = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'off',
    ...settings,
  };
  const [postgres, ...postgresArguments] = owner(join(programs, 'postgres'), [
    '-D',
    data,
    ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(postgres, postgresArguments, { stdio: ['ignore', 'ignore', 'pipe'] });
    let messages = '';
    started.stderr.on('data', (chunk) => {
      messages = (messages + chunk).slice(-20_000);
    });
    await waitUntilReady(started, join(programs, 'pg_isready'), port, () => messages);
    return started;
  };
  let server = await start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    get processId() {
      return server.pid ?? 0;
    },
    async restart(how) {
      await end(server, how === 'fast' ? FAST_SHUTDOWN : IMMEDIATE_SHUTDOWN);
      server = await start();
    },
    async stop() {
      await end(server, FAST_SHUTDOWN);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  if (server.exitCode === null && server.signalCode === null && server.kill(signal)) await ended;
}

type Command = [program: string, ...arguments: string[]];

/** PostgreSQL refuses to run as root: root starts it as the user `postgres`, which the packages of all systems make. */
async function giveToServerUser(folder: string): Promise<(program: string, options: readonly string[]) => Command> {
  if (process.getuid?.() !== 0) return (program, options) => [program, ...options];
  const id = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  await chown(folder, id('-u'), id('-g'));
  const become = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  return (program, options) => ['setpriv', ...become, program, ...options];
}

/** Folder of initdb and postgres: on the PATH, or where Debian keeps the versions. */
function findPrograms(): string {
  const folders = [
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (found === undefined) {
    throw new Error(
      'These tests need a PostgreSQL server: install it (Debian: apt-get install postgresql) and run them again.',
    );
  }
  return found;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('No free port')),
      );
    });
  });
}

async function waitUntilReady(
  server: ChildProcess,
  probe: string,
  port: number,
  messages: () => string,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_SECONDS * 1000;
  for (;;) {
    try {
      execFileSync(probe, ['--host=127.0.0.1', `--port=${port}`, '--quiet']);
      return;
    } catch {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}:\n${messages()}`);
      if (Date.now() > deadline)
        throw new Error(`PostgreSQL did not answer in ${START_TIMEOUT_SECONDS} s:\n${messages()}`);
      await delay(50);
    }
  }
}
