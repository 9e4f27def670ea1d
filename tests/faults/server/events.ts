import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { PostgresServer } from '../../../scripts/postgres-server.ts';

/** What an event has at hand. */
export interface Surroundings {
  readonly server: PostgresServer;
  /** The superuser's addresses of the databases. */
  readonly shop: string;
  readonly warehouse: string;
}

/** Something that happens to PostgreSQL in the middle of a run. */
export interface ServerEvent {
  readonly name: string;
  /** Before the run. @returns why it cannot be tried here, if it cannot */
  prepare?(surroundings: Surroundings): Promise<string | undefined>;
  /** While the run stands still, about to load a batch. What is returned goes on beside the run. */
  happen(surroundings: Surroundings): Promise<(() => Promise<void>) | undefined>;
  /** What an operator does about it, or what becomes of it by itself, before the next run. */
  heal?(surroundings: Surroundings): Promise<void>;
  /** How the run may end, and the code of its error when that is not 0. */
  readonly ends: readonly number[];
  readonly error?: RegExp;
  /** Whether the run has to try something again. */
  readonly triesAgain?: boolean;
  /** How the table is written; `merge` when it is left out. */
  readonly mode?: 'append' | 'replace';
  /** The user of the service, where it is not the superuser. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Longer than a statement may take, shorter than a sink is waited for. */
const HELD_MILLISECONDS = 1_500;
const MET_WITHIN_MILLISECONDS = 60_000;
const STATEMENT_TIMEOUT = '400ms';
const WRITER = { name: 'writer', password: 'writes' };

export const EVENTS: readonly ServerEvent[] = [
  {
    name: 'the server is restarted',
    triesAgain: true,
    ends: [0, 75],
    async happen({ server }) {
      await server.restart('fast');
      return undefined;
    },
  },
  {
    name: 'the server crashes and recovers',
    triesAgain: true,
    ends: [0, 75],
    async happen({ server }) {
      await server.restart('immediate');
      return undefined;
    },
  },
  {
    name: 'pg_terminate_backend of all sessions, again and again',
    triesAgain: true,
    ends: [0, 75],
    async happen({ warehouse }) {
      return async () => {
        for (let times = 0; times < 6; times++) {
          await query(
            warehouse,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orders/%'",
          );
          await delay(60);
        }
      };
    },
  },
  {
    name: 'statement_timeout while somebody locks the table',
    triesAgain: true,
    ends: [0],
    prepare: ({ warehouse }) => set(warehouse, 'statement_timeout', STATEMENT_TIMEOUT),
    happen: ({ warehouse }) => hold(warehouse, 'LOCK TABLE orders IN ACCESS EXCLUSIVE MODE'),
    heal: ({ warehouse }) => reset(warehouse, 'statement_timeout'),
  },
  {
    name: 'a serialization failure',
    triesAgain: true,
    ends: [0],
    prepare: ({ warehouse }) => set(warehouse, 'default_transaction_isolation', 'repeatable read'),
    happen: ({ warehouse }) => hold(warehouse, 'UPDATE orders SET quantity = quantity WHERE order_id = 150'),
    heal: ({ warehouse }) => reset(warehouse, 'default_transaction_isolation'),
  },
  {
    name: 'a deadlock',
    triesAgain: true,
    ends: [0],
    async happen({ warehouse }) {
      const client = await open(warehouse);
      await client.query('BEGIN; UPDATE orders SET quantity = quantity WHERE order_id = 199');
      return async () => {
        await untilWaiting(warehouse);
        // The run waits for us, and has waited longer than we will: the server ends its transaction.
        await client.query('UPDATE orders SET quantity = quantity WHERE order_id = 101; COMMIT');
        await client.end();
      };
    },
  },
  fullDisk(),
  {
    name: 'a permission is revoked',
    ends: [1],
    error: /ACCESS_DENIED/,
    user: WRITER,
    async prepare({ warehouse }) {
      await query(
        warehouse,
        `CREATE ROLE ${WRITER.name} LOGIN PASSWORD '${WRITER.password}'; GRANT ALL ON SCHEMA public TO ${WRITER.name};
         GRANT ALL ON ALL TABLES IN SCHEMA public TO ${WRITER.name}`,
      );
      return undefined;
    },
    async happen({ warehouse }) {
      await query(warehouse, `REVOKE INSERT ON orders FROM ${WRITER.name}`);
      return undefined;
    },
    async heal({ warehouse }) {
      await query(warehouse, `GRANT ALL ON orders TO ${WRITER.name}`);
    },
  },
  altered('a column is renamed', 'RENAME COLUMN note TO remark', 'RENAME COLUMN remark TO note', /NOT_FOUND/),
  altered('the table is renamed', 'RENAME TO elsewhere', undefined, /NOT_FOUND/),
  {
    ...altered(
      'the type of a column is changed',
      'ALTER quantity TYPE integer',
      'ALTER quantity TYPE bigint',
      /SCHEMA_DRIFT/,
    ),
    mode: 'append',
  },
  {
    ...altered(
      'the type of a column is changed for one of the same size',
      'ALTER quantity TYPE double precision',
      'ALTER quantity TYPE bigint',
      /SCHEMA_DRIFT/,
    ),
    mode: 'append',
  },
  {
    ...altered('a column is added to the table', 'ADD extra text', 'DROP extra', /SCHEMA_DRIFT/),
    name: 'a column is added to a table that is about to be replaced',
    mode: 'replace',
  },
];

/** The table is altered, and the run cannot go on; then it is altered back. */
function altered(name: string, change: string, back: string | undefined, error: RegExp): ServerEvent {
  return {
    name: `${name} while it is loaded`,
    ends: [1],
    error,
    async happen({ warehouse }) {
      await query(warehouse, `ALTER TABLE orders ${change}`);
      return undefined;
    },
    async heal({ warehouse }) {
      await query(
        warehouse,
        back === undefined ? 'ALTER TABLE elsewhere RENAME TO orders' : `ALTER TABLE orders ${back}`,
      );
    },
  };
}

/** A tablespace on a small file system in memory, which somebody else fills. */
function fullDisk(): ServerEvent {
  let folder = '';
  return {
    name: 'the disk of a tablespace is full',
    ends: [1],
    error: /STORAGE/,
    async prepare({ warehouse }) {
      folder = mkdtempSync(join(tmpdir(), 'tablespace-'));
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=777', 'tmpfs', folder], { stdio: 'pipe' });
      } catch {
        rmSync(folder, { recursive: true });
        return 'only root may mount a small file system';
      }
      execFileSync('install', ['-d', '-m', '700', ...ownerOfServer(), join(folder, 'space')]);
      await query(warehouse, `CREATE TABLESPACE small LOCATION '${join(folder, 'space')}'`);
      // Whatever is loaded then has to be put into new pages: no free space is left in those that are there, or comes back.
      await query(warehouse, 'ALTER TABLE orders SET (autovacuum_enabled = off)');
      await query(warehouse, 'ALTER TABLE orders SET TABLESPACE small');
      await query(warehouse, 'VACUUM FULL orders');
      return undefined;
    },
    async happen() {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
      return undefined;
    },
    async heal({ warehouse }) {
      rmSync(join(folder, 'filler'), { force: true });
      await query(warehouse, 'ALTER TABLE orders SET TABLESPACE pg_default');
      await query(warehouse, 'DROP TABLESPACE small');
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The server runs as the user `postgres` where root starts it. */
function ownerOfServer(): string[] {
  return process.getuid?.() === 0 ? ['-o', 'postgres', '-g', 'postgres'] : [];
}

/** Takes a lock, and gives it back a while after the run began to wait for it. */
async function hold(url: string, statement: string): Promise<() => Promise<void>> {
  const client = await open(url);
  await client.query(`BEGIN; ${statement}`);
  return async () => {
    await untilWaiting(url);
    await delay(HELD_MILLISECONDS);
    await client.query('COMMIT');
    await client.end();
  };
}

async function set(url: string, setting: string, value: string): Promise<undefined> {
  await query(url, `ALTER DATABASE ${databaseIn(url)} SET ${setting} = '${value}'`);
}

async function reset(url: string, setting: string): Promise<void> {
  await query(url, `ALTER DATABASE ${databaseIn(url)} RESET ${setting}`);
}

/** Waits until the run waits for a lock. @throws Error when it does not get there */
async function untilWaiting(url: string): Promise<void> {
  const waiting = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'orders/%' AND wait_event_type = 'Lock'";
  const latest = performance.now() + MET_WITHIN_MILLISECONDS;
  while ((await query(url, waiting)) === 0) {
    if (performance.now() > latest) throw new Error('The run does not wait for the lock that the test holds.');
    await delay(5);
  }
}

function databaseIn(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function open(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  // Sessions of our own must not be ended by what is set for those of the service.
  await client.query('SET statement_timeout = 0');
  return client;
}

/** @returns how many rows came back */
async function query(url: string, text: string): Promise<number> {
  const client = await open(url);
  try {
    const { rowCount } = await client.query(text);
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
