import { z } from 'zod';
import { commitFolder, GitError, git, gitLine } from './git.ts';

/** Why a repository cannot be updated, and what to do about it. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
}

/** What `.template.json` says: what made the repository. */
const recordSchema = z.looseObject({
  template: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  answers: z.record(z.string(), z.unknown()),
});
export type TemplateRecord = z.infer<typeof recordSchema>;

const RECORD = '.template.json';
/** Where the renderings are kept that updates brought in; they are on no branch. */
const RENDERINGS = 'refs/etl-template';

/** A file that an update changes. */
export interface Change {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
}

/** What an update would make of a repository. */
export interface MergedTree {
  /** Object id of the tree; files with conflicts have git's marks in them. */
  readonly tree: string;
  /** Commit of what the template renders now. */
  readonly rendering: string;
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

  /**
   * A commit that holds exactly what the template rendered for `record`: what an update left here, or the first commit of
   * the repository, as the scaffolder makes it.
   */
  async storedRendering(record: TemplateRecord): Promise<string | undefined> {
    const kept = await git(this.folder, ['for-each-ref', '--format=%(objectname)', RENDERINGS]);
    const roots = await git(this.folder, ['rev-list', '--max-parents=0', 'HEAD']);
    for (const commit of `${kept.output}${roots.output}`.split('\n').filter(Boolean)) {
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
   */
  async merge(base: string, next: { readonly folder: string; readonly version: string }): Promise<MergedTree> {
    const tree = await gitLine(this.folder, ['rev-parse', 'HEAD^{tree}']);
    const theirs = await commitFolder(this.folder, next.folder, `Rendering of version ${next.version}`, [base]);
    const ours = await gitLine(this.folder, ['commit-tree', tree, '-p', base, '-m', 'What is checked out']);
    const output = await this.#mergeTree(ours, theirs, next.version);
    const [merged = '', ...stages] = output.split('\0').filter(Boolean);
    return {
      tree: merged,
      rendering: theirs,
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
   * Brings the checked-out files to a merged tree, ready to be committed; conflicts are left as a merge leaves them.
   *
   * @param version of the template; its rendering is kept for the next update
   */
  async checkOut({ tree, rendering, conflicts, stages }: MergedTree, version: string): Promise<void> {
    await git(this.folder, ['read-tree', '-m', '-u', 'HEAD', tree]);
    await git(this.folder, ['update-ref', `${RENDERINGS}/${version}`, rendering]);
    if (conflicts.length === 0) return;
    const removed = conflicts.map((path) => `0 ${'0'.repeat(40)}\t${path}`).join('\0');
    await git(this.folder, ['update-index', '-z', '--index-info'], { input: `${removed}\0${stages}\0` });
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
