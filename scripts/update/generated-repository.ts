import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { takeBackInterrupted, writeMergedTree } from './checkout.ts';
import { commitFolder, GitError, git, gitLine } from './git.ts';
import { migrateTree } from './migrate-tree.ts';
import { migrateAnswers } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import { UpdateError } from './update-error.ts';

export { UpdateError } from './update-error.ts';

/** What `.template.json` says: what made the repository. */
const recordSchema = z.looseObject({
  template: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  answers: z.record(z.string(), z.unknown()),
});
export type TemplateRecord = z.infer<typeof recordSchema>;

const RECORD = '.template.json';

/** A file that an update changes. */
export interface Change {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
}

/** A migration, and the files that it changes of those that the team made or changed. */
export interface AppliedMigration {
  readonly version: string;
  readonly description: string;
  readonly paths: readonly string[];
}

/** What an update would make of a repository. */
export interface MergedTree {
  /** Object id of the tree; files with conflicts have git's marks in them. */
  readonly tree: string;
  /** Commit of what the template renders now. */
  readonly rendering: string;
  /** In the order in which they are done; those that change no file of the team are left out. */
  readonly migrations: readonly AppliedMigration[];
  readonly changes: readonly Change[];
  /** Paths on which the team and the template disagree. */
  readonly conflicts: readonly string[];
  /** The three versions of each file with a conflict, as `git update-index --index-info` takes them. */
  readonly stages: string;
}

/** A repository that the template made. */
export class GeneratedRepository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws UpdateError when the folder is in no git repository, or has no commit */
  static async open(folder: string): Promise<GeneratedRepository> {
    try {
      const top = await gitLine(folder, ['rev-parse', '--show-toplevel']);
      await git(top, ['rev-parse', '--verify', 'HEAD^{commit}']);
      return new GeneratedRepository(top);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new UpdateError(
        `${folder} is no git repository with a commit: ${error.message}\nAn update needs one to tell your changes from the template's: git init, git add ., git commit.`,
      );
    }
  }

  /** What made the files of a commit. */
  async record(commit = 'HEAD'): Promise<TemplateRecord> {
    const { code, output } = await git(this.folder, ['show', `${commit}:${RECORD}`], { answers: [0, 128] });
    if (code !== 0) throw new UpdateError(`${this.folder} has no ${RECORD}: this template did not make it.`);
    const parsed = recordSchema.safeParse(parseJson(output));
    if (parsed.success) return parsed.data;
    throw new UpdateError(`${RECORD} of ${this.folder} cannot be read: ${z.prettifyError(parsed.error)}`);
  }

  /** @throws UpdateError when there are changes that are not committed: an update would mix with them */
  async requireClean(): Promise<void> {
    const changed = (await gitLine(this.folder, ['status', '--porcelain'])).split('\n').filter(Boolean);
    if (changed.length === 0) return;
    const some = changed.slice(0, 5).map((line) => `  ${line.trim()}`);
    if (changed.length > some.length) some.push('  …');
    throw new UpdateError(
      `${this.folder} has changes that are not committed (${changed.length}):\n${some.join('\n')}\nCommit or stash them first. Nothing was touched.`,
    );
  }

  /** The commit of what an earlier update rendered here for `record`. */
  async keptRendering(record: TemplateRecord): Promise<string | undefined> {
    const { code, output } = await git(this.folder, ['rev-parse', '--verify', '--quiet', renderingOf(record)], {
      answers: [0, 1],
    });
    return code === 0 ? output.trim() : undefined;
  }

  /** The first commit, as the scaffolder makes it, where it holds what was rendered for `record`. */
  async firstRendering(record: TemplateRecord): Promise<string | undefined> {
    const { output } = await git(this.folder, ['rev-list', '--max-parents=0', 'HEAD']);
    for (const commit of output.split('\n').filter(Boolean)) {
      const found = await this.record(commit).catch(() => undefined);
      if (found !== undefined && JSON.stringify(found) === JSON.stringify(record)) return commit;
    }
    return undefined;
  }

  /**
   * Merges two renderings into what is checked out, without touching a file.
   *
   * @param base folder or commit of the rendering that the repository was made from
   * @param next folder of the rendering that it shall be brought to
   * @param migrations are done to what is checked out, and to the base, before they are merged
   */
  async merge(
    base: string,
    next: { readonly folder: string; readonly version: string },
    migrations: readonly Migration[] = [],
  ): Promise<MergedTree> {
    const tree = await gitLine(this.folder, ['rev-parse', 'HEAD^{tree}']);
    const { tree: migrated, changed } = await migrateTree(this.folder, tree, migrations);
    const rendered = await gitLine(this.folder, ['rev-parse', `${base}^{tree}`]);
    const { tree: migratedBase } = await migrateTree(this.folder, rendered, migrations);
    const own = new Set((await this.#changes(rendered, tree)).map(({ path }) => path));
    const commit = (object: string, message: string, ...parents: string[]) =>
      gitLine(this.folder, ['commit-tree', object, '-m', message, ...parents.flatMap((parent) => ['-p', parent])]);
    const common = await commit(migratedBase, 'What the template rendered then');
    const ours = await commit(migrated, 'What is checked out', common);
    const theirs = await commitFolder(this.folder, next.folder, `Rendering of version ${next.version}`, [common]);
    const output = await this.#mergeTree(ours, theirs, next.version);
    const [merged = '', ...stages] = output.split('\0').filter(Boolean);
    return {
      tree: merged,
      rendering: theirs,
      migrations: await this.#applied(changed, own),
      changes: await this.#changes(tree, merged),
      conflicts: [...new Set(stages.map((stage) => stage.slice(stage.indexOf('\t') + 1)))],
      stages: stages.join('\0'),
    };
  }

  /** Text of all that a merged tree changes. */
  async difference({ tree }: MergedTree): Promise<string> {
    return (await git(this.folder, ['diff', '--find-renames', 'HEAD', tree])).output;
  }

  /**
   * Brings the checked-out files to a merged tree, ready to be committed; conflicts are left as a merge leaves them. What is
   * interrupted can be taken back by `takeBackInterrupted`; what fails is taken back.
   */
  async checkOut(merged: MergedTree): Promise<void> {
    const [before, after] = await Promise.all([this.record(), this.record(merged.rendering)]);
    await writeMergedTree(this.folder, merged);
    // Under the same record it could not be told from the rendering before, if the update is thrown away.
    if (renderingOf(before) !== renderingOf(after)) {
      await git(this.folder, ['update-ref', renderingOf(after), merged.rendering]);
    }
  }

  /** Takes an update back that was killed while it wrote; false when there is none. */
  takeBackInterrupted(): Promise<boolean> {
    return takeBackInterrupted(this.folder);
  }

  /** The marks of a conflict carry the names that the two sides are given for a moment. */
  async #mergeTree(ours: string, theirs: string, version: string): Promise<string> {
    const sides = { 'etl-update/yours': ours, [`etl-update/${version}`]: theirs };
    for (const [name, commit] of Object.entries(sides)) await git(this.folder, ['update-ref', `refs/${name}`, commit]);
    try {
      const command = ['merge-tree', '--write-tree', '-z', '--no-messages', ...Object.keys(sides)];
      return (await git(this.folder, command, { answers: [0, 1] })).output;
    } finally {
      for (const name of Object.keys(sides)) await git(this.folder, ['update-ref', '-d', `refs/${name}`]);
    }
  }

  /** Those that change answers, or files that are not as the template made them. */
  async #applied(
    changed: ReadonlyMap<Migration, readonly string[]>,
    own: ReadonlySet<string>,
  ): Promise<AppliedMigration[]> {
    const applied: AppliedMigration[] = [];
    let { answers } = await this.record();
    for (const [migration, files] of changed) {
      const before = answers;
      answers = migrateAnswers(before, [migration]);
      const paths = files.filter((path) => own.has(path));
      if (!isDeepStrictEqual(before, answers)) paths.unshift(RECORD);
      const { version, description } = migration;
      if (paths.length > 0) applied.push({ version, description, paths });
    }
    return applied;
  }

  async #changes(from: string, to: string): Promise<Change[]> {
    const { output } = await git(this.folder, ['diff', '--no-renames', '--name-status', '-z', from, to]);
    const words = output.split('\0').filter(Boolean);
    const changes: Change[] = [];
    for (let index = 0; index + 1 < words.length; index += 2) {
      const change = words[index] === 'A' ? 'added' : words[index] === 'D' ? 'deleted' : 'changed';
      changes.push({ change, path: words[index + 1] ?? '' });
    }
    return changes;
  }
}

/** Where the rendering is kept that an update brought in; it is on no branch. */
function renderingOf({ version, answers }: TemplateRecord): string {
  const digest = createHash('sha256').update(JSON.stringify(answers)).digest('hex');
  return `refs/etl-template/${version}-${digest.slice(0, 12)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
