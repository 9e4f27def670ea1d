import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { asStateError, sqliteResultCode } from './sqlite-error.ts';

export interface Lock {
  release(): Promise<void>;
}

const holderSchema = z.object({ pid: z.int(), host: z.string(), since: z.iso.datetime() });

/** Outlasts the glance of `isLocked`, which holds the file for less than a millisecond. */
const PATIENCE = 250;
const BUSY = 5;

/**
 * Takes the lock of a resource, so that no second process runs it. The operating system gives it back when the
 * holder dies, however it dies: it is SQLite's own lock on an empty database file, held by an open transaction.
 *
 * @throws PipelineError `LOCKED` when another live process holds it, `STORAGE` when the file cannot be used
 */
export async function acquireLock(directory: string, name: string): Promise<Lock> {
  const files = lockFiles(directory, name);
  try {
    await mkdir(join(directory, 'locks'), { recursive: true });
    const database = new DatabaseSync(files.lock, { timeout: PATIENCE });
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await writeFile(files.holder, JSON.stringify(holder));
    return {
      async release() {
        if (!database.isOpen) return;
        await rm(files.holder, { force: true });
        database.close();
      },
    };
  } catch (error) {
    if (sqliteResultCode(error) === BUSY) throw await lockedError(files.holder, name);
    throw asStateError(error, files.lock);
  }
}

/** Whether a live process holds the lock. */
export function isLocked(directory: string, name: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFiles(directory, name).lock, { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return sqliteResultCode(error) === BUSY;
  } finally {
    database?.close();
  }
}

/** The names whose locks are held by live processes. */
export async function lockedNames(directory: string): Promise<string[]> {
  const folder = join(directory, 'locks');
  try {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.lock'));
    const names = files.map((file) => decodeURIComponent(file.slice(0, -'.lock'.length)));
    return names.filter((name) => isLocked(directory, name));
  } catch (error) {
    throw asStateError(error, folder);
  }
}

/** The holder is described beside the lock: closing the lock file after reading it would drop the lock itself. */
function lockFiles(directory: string, name: string) {
  const path = join(directory, 'locks', encodeURIComponent(name));
  return { lock: `${path}.lock`, holder: `${path}.json` };
}

async function lockedError(holderFile: string, name: string): Promise<PipelineError> {
  const holder = await readHolder(holderFile);
  const who =
    holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  return new PipelineError('LOCKED', `${name} is being run by ${who}.`, {
    where: { resource: name },
    hint: 'Wait until that run ends, or stop it; the lock goes away with its process.',
  });
}

async function readHolder(file: string) {
  try {
    return holderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
