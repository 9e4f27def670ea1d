import { existsSync } from 'node:fs';
import { readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MergedTree } from './generated-repository.ts';
import { git, gitLine } from './git.ts';
import { UpdateError } from './update-error.ts';

/** Names, while files are written, the commit of what they shall be; its parent is what they were. */
const JOURNAL = 'refs/etl-update/applying';
/** Milliseconds after which a lock of the index belongs to a git that is gone: one that writes is done in a second. */
const STALE_LOCK = 10_000;

/** Brings the checked-out files and the index to a merged tree, from a clean state; taken back when it fails. */
export async function writeMergedTree(folder: string, { tree, conflicts, stages }: MergedTree): Promise<void> {
  const journal = await gitLine(folder, ['commit-tree', tree, '-p', 'HEAD', '-m', 'What an update writes']);
  await git(folder, ['update-ref', JOURNAL, journal]);
  try {
    await git(folder, ['read-tree', '-m', '-u', 'HEAD', tree]);
    if (conflicts.length > 0) {
      const removed = conflicts.map((path) => `0 ${'0'.repeat(40)}\t${path}`).join('\0');
      await git(folder, ['update-index', '-z', '--index-info'], { input: `${removed}\0${stages}\0` });
    }
    await git(folder, ['update-ref', '-d', JOURNAL]);
  } catch (error) {
    await takeBackInterrupted(folder);
    throw error;
  }
}

/**
 * Takes an update back that was killed while it wrote.
 *
 * @returns false when there is none
 * @throws UpdateError when a file was changed since then: it would be lost
 */
export async function takeBackInterrupted(folder: string): Promise<boolean> {
  const { code, output } = await git(folder, ['rev-parse', '--verify', '--quiet', JOURNAL], { answers: [0, 1] });
  if (code !== 0) return false;
  const journal = output.trim();
  await waitForIndex(folder);
  const [head, before] = await Promise.all(
    ['HEAD', `${journal}^`].map((commit) => gitLine(folder, ['rev-parse', commit])),
  );
  const status = await gitLine(folder, ['status', '--porcelain']);
  const open = head === before && status !== '';
  if (open) await restore(folder, journal);
  await git(folder, ['update-ref', '-d', JOURNAL]);
  return open;
}

async function restore(folder: string, journal: string): Promise<void> {
  const paths = await lines(folder, ['diff', '--no-renames', '--name-only', '-z', 'HEAD', journal]);
  const known = new Set(await lines(folder, ['ls-tree', '-r', '-z', '--name-only', 'HEAD']));
  const changed: string[] = [];
  for (const path of paths) if (await isChangedSince(folder, path, journal)) changed.push(path);
  if (changed.length > 0) {
    throw new UpdateError(
      `An update of ${folder} was interrupted, and these files were changed since then:\n${changed.map((path) => `  ${path}\n`).join('')}Keep what you need of them, then: git -C ${folder} reset --hard HEAD`,
    );
  }
  await git(folder, ['read-tree', 'HEAD']);
  for (const path of paths.filter((added) => !known.has(added))) await remove(folder, path);
  const back = paths.filter((path) => known.has(path));
  const checkout = ['checkout', 'HEAD', '--pathspec-from-file=-', '--pathspec-file-nul'];
  if (back.length > 0) await git(folder, checkout, { input: back.join('\0') });
}

/** Whether a file is neither what it was, nor what the update writes, nor the beginning of that. */
async function isChangedSince(folder: string, path: string, journal: string): Promise<boolean> {
  const file = join(folder, path);
  if (!existsSync(file)) return false;
  const object = await gitLine(folder, ['hash-object', '--', path]);
  for (const commit of ['HEAD', journal]) {
    const there = await git(folder, ['rev-parse', '--verify', '--quiet', `${commit}:${path}`], {
      answers: [0, 1, 128],
    });
    if (there.output.trim() === object) return false;
  }
  const written = await git(folder, ['cat-file', 'blob', `${journal}:${path}`], { answers: [0, 128] });
  return written.code !== 0 || !written.output.startsWith(await readFile(file, 'utf8'));
}

/** Waits for a git that still writes, and takes away the lock of one that was killed. */
async function waitForIndex(folder: string): Promise<void> {
  const lock = resolve(folder, await gitLine(folder, ['rev-parse', '--git-path', 'index.lock']));
  for (;;) {
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: undefined }));
    if (mtimeMs === undefined) return;
    if (Date.now() - mtimeMs > STALE_LOCK) return rm(lock, { force: true });
    await delay(100);
  }
}

async function remove(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const removed = await rmdir(join(folder, parent)).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

async function lines(folder: string, command: readonly string[]): Promise<string[]> {
  return (await git(folder, command)).output.split('\0').filter(Boolean);
}
