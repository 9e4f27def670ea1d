import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const COMMITTER = ['-c', 'user.name=Preview', '-c', 'user.email=preview@localhost'];

export interface RepositoryName {
  readonly owner: string;
  readonly repository: string;
}

/** Repositories in a folder of this machine, in the place of those of a company on GitHub. */
export class LocalRepositories {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  folderOf({ owner, repository }: RepositoryName): string {
    return this.#within(this.folder, join(owner, repository));
  }

  /**
   * Makes a repository with one commit of what is in `workspace`.
   *
   * @throws Error when there is one of that name
   */
  async create(name: RepositoryName, workspace: string, message: string): Promise<string> {
    const folder = this.folderOf(name);
    const entries = await readdir(folder).catch(() => []);
    if (entries.length > 0) {
      throw new Error(
        `${name.owner}/${name.repository} exists: ${folder} is not empty. Choose another name or remove it.`,
      );
    }
    await mkdir(folder, { recursive: true });
    await cp(workspace, folder, { recursive: true, verbatimSymlinks: true });
    const git = (...args: string[]) => execute('git', [...COMMITTER, ...args], { cwd: folder });
    await git('init', '--quiet', '--initial-branch', 'main');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
    return folder;
  }

  /** @throws Error when there is no such file in the repository */
  read(name: RepositoryName, path: string): Promise<Buffer> {
    return readFile(this.#within(this.folderOf(name), path));
  }

  /** Paths of what is in a folder of the repository, those of folders with a slash at their end; undefined for a file. */
  async list(name: RepositoryName, path: string): Promise<string[] | undefined> {
    const folder = this.#within(this.folderOf(name), path);
    if ((await stat(folder)).isFile()) return undefined;
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.name !== '.git')
      .map((entry) => join(path, entry.name) + (entry.isDirectory() ? '/' : ''))
      .toSorted();
  }

  #within(folder: string, path: string): string {
    const found = resolve(folder, path);
    if (!found.startsWith(folder + sep) && found !== folder) throw new Error(`${path} leads out of ${folder}`);
    return found;
  }
}
