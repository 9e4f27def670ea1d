import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { asStateError, isBusy } from './sqlite-error.ts';
import type { StateDatabase } from './state-database.ts';
import type { StateTables } from './tables.ts';

// Kysely's own SQLite dialect speaks to any driver of this shape; a dialect package for node:sqlite would add nothing.

/** How long a statement waits for another process's transaction, in milliseconds. */
const busyTimeout = 5_000;
const BUSY_PAUSE_MILLISECONDS = 10;

/**
 * The state in `state.db` of a folder; both are made where they are missing.
 *
 * @throws PipelineError `STORAGE` or `ACCESS_DENIED` when it cannot be opened
 */
export async function openSqliteState(directory: string): Promise<StateDatabase> {
  const file = join(directory, 'state.db');
  const toError = (error: unknown) => asStateError(error, file);
  try {
    await mkdir(directory, { recursive: true });
    const tables = new Kysely<StateTables>({ dialect: new SqliteDialect({ database: await openDatabase(file) }) });
    return {
      tables,
      location: file,
      clock: sql<number>`(unixepoch('subsec') * 1000)`,
      // SQLite has no lock of its own for migrations, and Kysely no transaction for them here.
      async migrate(provider) {
        await sql`BEGIN IMMEDIATE`.execute(tables);
        const { error } = await new Migrator({ db: tables, provider }).migrateToLatest();
        if (error === undefined) await sql`COMMIT`.execute(tables);
        return { error };
      },
      remedy: 'move the file away: positions live in the sink, only the history of runs is lost',
      toError,
    };
  } catch (error) {
    throw toError(error);
  }
}

/** In WAL mode, so that readers never wait for the writer. */
async function openDatabase(path: string): Promise<SqliteDatabase> {
  const database = new DatabaseSync(path, { timeout: busyTimeout });
  try {
    await switchToWriteAheadLog(database);
    database.exec('PRAGMA synchronous = NORMAL');
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    close: () => database.close(),
    prepare: (text) => new NodeSqliteStatement(database.prepare(text)),
  };
}

/** SQLite does not wait here as it does elsewhere: of two processes that open a new file at once it refuses one. */
async function switchToWriteAheadLog(database: DatabaseSync): Promise<void> {
  const end = performance.now() + busyTimeout;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      await delay(BUSY_PAUSE_MILLISECONDS);
    }
  }
}

class NodeSqliteStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...parameters.map(toInputValue));
  }

  run(parameters: readonly unknown[]) {
    return this.#statement.run(...parameters.map(toInputValue));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...parameters.map(toInputValue));
  }
}

function toInputValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite cannot hold a value of type ${typeof value}.`);
}
