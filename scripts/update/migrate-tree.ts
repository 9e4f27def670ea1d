import { git, gitLine, withIndex } from './git.ts';
import type { Migration, RepositoryFiles } from './migrations/migration.ts';

/** A tree after migrations, and the files that each of them changed. */
export interface MigratedTree {
  /** Object id. */
  readonly tree: string;
  readonly changed: ReadonlyMap<Migration, readonly string[]>;
}

/** Does migrations to a tree of a repository, one after the other; what is checked out stays as it is. */
export async function migrateTree(
  repository: string,
  tree: string,
  migrations: readonly Migration[],
): Promise<MigratedTree> {
  const changed = new Map<Migration, readonly string[]>();
  let migrated = tree;
  for (const migration of migrations) {
    const files = new TreeFiles(repository, migrated);
    await migration.files?.(files);
    changed.set(migration, [...files.changed.keys()]);
    migrated = await files.write();
  }
  return { tree: migrated, changed };
}

class TreeFiles implements RepositoryFiles {
  readonly #repository: string;
  readonly #tree: string;
  /** New texts by path. */
  readonly changed = new Map<string, string>();

  constructor(repository: string, tree: string) {
    this.#repository = repository;
    this.#tree = tree;
  }

  async containing(text: string): Promise<readonly string[]> {
    const command = ['grep', '-I', '--full-name', '--name-only', '-z', '--fixed-strings', '-e', text, this.#tree];
    const { output } = await git(this.#repository, command, { answers: [0, 1] });
    return output
      .split('\0')
      .filter(Boolean)
      .map((path) => path.slice(this.#tree.length + 1));
  }

  async edit(path: string, change: (text: string) => string): Promise<void> {
    const text = this.changed.get(path) ?? (await this.#read(path));
    if (text === undefined) return;
    const after = change(text);
    if (after !== text) this.changed.set(path, after);
  }

  /** Object id of the tree with what was changed. */
  async write(): Promise<string> {
    if (this.changed.size === 0) return this.#tree;
    return withIndex(this.#repository, this.#repository, async (environment) => {
      await git(this.#repository, ['read-tree', this.#tree], { environment });
      for (const [path, text] of this.changed) {
        const [mode] = (await gitLine(this.#repository, ['ls-tree', '--full-tree', this.#tree, '--', path])).split(' ');
        const object = await gitLine(this.#repository, ['hash-object', '-w', '--stdin'], { input: text });
        await git(this.#repository, ['update-index', '--cacheinfo', `${mode},${object},${path}`], { environment });
      }
      return gitLine(this.#repository, ['write-tree'], { environment });
    });
  }

  async #read(path: string): Promise<string | undefined> {
    const { code, output } = await git(this.#repository, ['cat-file', 'blob', `${this.#tree}:${path}`], {
      answers: [0, 128],
    });
    // What is no UTF-8 would be written back as other bytes.
    return code === 0 && !output.includes('\u{fffd}') ? output : undefined;
  }
}
