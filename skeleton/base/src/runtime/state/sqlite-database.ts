import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { asStateError, isBusy } from './sqlite-error.ts';
import type { Query, StateDatabase } from './state-database.ts';

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
    const database = await openDatabase(file);
    const query = queryOf(database);
    return {
      query,
      schema: 'main',
      clock: "(unixepoch('subsec') * 1000)",
      location: file,
      remedy: 'move the file away: positions live in the sink, only the history of runs is lost',
      hasTable: async (name) => (await query('SELECT name FROM sqlite_schema WHERE name = $1', name)).rows.length > 0,
      // What fails in here closes the database, which takes the transaction back.
      async exclusively(work) {
        await query('BEGIN IMMEDIATE');
        await work(query);
        await query('COMMIT');
      },
      toError,
      close: async () => {
        if (database.isOpen) database.close();
      },
    };
  } catch (error) {
    throw toError(error);
  }
}

function queryOf(database: DatabaseSync): Query {
  return async (text, ...parameters) => {
    const statement = database.prepare(text);
    const named = Object.fromEntries(parameters.map((value, index) => [`$${index + 1}`, value]));
    if (statement.columns().length > 0) return { rows: statement.all(named), changed: 0 };
    return { rows: [], changed: Number(statement.run(named).changes) };
  };
}

/** In WAL mode, so that readers never wait for the writer. */
async function openDatabase(path: string): Promise<DatabaseSync> {
  const database = new DatabaseSync(path, { timeout: busyTimeout });
  try {
    await switchToWriteAheadLog(database);
    database.exec('PRAGMA synchronous = NORMAL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
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
