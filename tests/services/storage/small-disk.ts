import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, 'on-small-disk.sh');

/** How a command ended on a small disk, and where what it left there is now. */
export interface SmallDiskRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
}

/**
 * Runs a command with a folder on a real file system that is too small, and again when there is space. File systems are
 * mounted in a namespace, so that nobody else sees them: as root, as a user where the kernel allows it, or else by sudo.
 *
 * @param size of the file system in bytes
 * @throws Error when nothing can be mounted on this machine
 */
export async function runOnSmallDisk(
  {
    cwd,
    folder,
    size,
    environment,
  }: Readonly<Record<'cwd' | 'folder', string>> & {
    readonly size: number;
    readonly environment: Readonly<Record<string, string>>;
  },
  command: readonly string[],
): Promise<{ readonly first: SmallDiskRun; readonly second: SmallDiskRun }> {
  const results = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const [program = '', ...arguments_] = [
    ...(await mounting()),
    'sh',
    SCRIPT,
    String(size),
    folder,
    results,
    ...command,
  ];
  await promisify(execFile)(program, arguments_, { cwd, env: { ...process.env, ...environment } });
  return { first: await readRun(results, 'first'), second: await readRun(results, 'second') };
}

async function readRun(results: string, name: string): Promise<SmallDiskRun> {
  const read = (extension: string) => readFile(join(results, `${name}.${extension}`), 'utf8');
  const [stdout, stderr, code] = [await read('stdout'), await read('stderr'), await read('code')];
  return { exitCode: Number(code), stdout, stderr, folder: join(results, name) };
}

/** What has to stand in front of a command that mounts. */
async function mounting(): Promise<readonly string[]> {
  const ways =
    process.getuid?.() === 0
      ? [['unshare', '--mount']]
      : [
          ['unshare', '--mount', '--map-root-user'],
          ['sudo', '--non-interactive', '--preserve-env', 'unshare', '--mount'],
        ];
  const failures: unknown[] = [];
  for (const way of ways) {
    const [program = '', ...arguments_] = [...way, 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', tmpdir()];
    try {
      await promisify(execFile)(program, arguments_);
      return way;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(
    failures,
    'No file system can be mounted here: a full disk needs root, user namespaces, or sudo.',
  );
}
