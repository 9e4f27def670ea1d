import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A command of git that failed, with what it said. */
export class GitError extends Error {
  override readonly name = 'GitError';
}

export interface GitOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Exit codes that are an answer, not a failure; default: 0 only. */
  readonly answers?: readonly number[];
}

/** Who the objects are by that only the update needs; no commit of them reaches a branch. */
const IDENTITY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'etl-pipeline-template'],
    [`GIT_${role}_EMAIL`, 'template@localhost'],
  ]),
);

/**
 * Runs git in a folder, out of reach of a Ctrl+C in the terminal: what it has begun it ends.
 *
 * @throws GitError when it cannot be run, or ends with a code that is no answer
 */
export async function git(
  folder: string,
  args: readonly string[],
  { environment = {}, input = '', answers = [0] }: GitOptions = {},
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn('git', ['-C', folder, ...args], {
    env: { ...process.env, ...IDENTITY, ...environment, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new GitError(`git cannot be run: ${error.message}`)));
    child.on('close', resolve);
  });
  // Most commands end without reading; how they ended tells what there is to tell.
  child.stdin.on('error', () => {}).end(input);
  const [code, output, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === null || !answers.includes(code)) {
    throw new GitError(`git ${args[0]} failed: ${said.trim() || output.trim() || child.signalCode || code}`);
  }
  return { code, output };
}

/** What a command of git prints, without the end of the line. */
export async function gitLine(folder: string, args: readonly string[], options?: GitOptions): Promise<string> {
  const { output } = await git(folder, args, options);
  return output.trim();
}

/** A commit of all files of a folder, the ignored ones too; it is on no branch, and the repository's own files are left alone. */
export async function commitFolder(
  repository: string,
  folder: string,
  message: string,
  parents: readonly string[] = [],
): Promise<string> {
  return withIndex(repository, folder, async (environment) => {
    await git(folder, ['add', '--all', '--force', '.'], { environment });
    const tree = await gitLine(repository, ['write-tree'], { environment });
    return gitLine(repository, ['commit-tree', tree, '-m', message, ...parents.flatMap((parent) => ['-p', parent])]);
  });
}

/** Writes files as they are in a commit into a folder. */
export async function exportCommit(
  repository: string,
  commit: string,
  paths: readonly string[],
  folder: string,
): Promise<void> {
  await withIndex(repository, folder, async (environment) => {
    await git(folder, ['checkout', commit, '--', ...paths], { environment });
  });
}

/** Lets git work on the files of another folder, with an index of its own: what the repository has checked out stays as it is. */
export async function withIndex<T>(
  repository: string,
  folder: string,
  work: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const index = await mkdtemp(join(tmpdir(), 'etl-index-'));
  try {
    const directory = await gitLine(repository, ['rev-parse', '--absolute-git-dir']);
    return await work({ GIT_DIR: directory, GIT_WORK_TREE: folder, GIT_INDEX_FILE: join(index, 'index') });
  } finally {
    await rm(index, { recursive: true, force: true });
  }
}
