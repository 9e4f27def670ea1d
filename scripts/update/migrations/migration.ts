import type { Answers } from '../../template/answers.ts';

/** Text files of one tree of git. */
export interface RepositoryFiles {
  /** Paths of the files that hold a text. */
  containing(text: string): Promise<readonly string[]>;
  /** Changes a file; one that is not there is left alone. */
  edit(path: string, change: (text: string) => string): Promise<void>;
}

/**
 * What has to move and a merge cannot move. It is done to the files of the team and to what the template had rendered for
 * them, before the two are compared: so it is no difference between them, and no conflict.
 */
export interface Migration {
  /** Version of the template that needs it: done on the way from an older version to this one or a newer one. */
  readonly version: string;
  /** What it does to a repository, as a sentence for its team. */
  readonly description: string;
  /** The answers, by the names and with the meanings that they have from this version on. */
  readonly answers?: (answers: Answers) => Answers;
  readonly files?: (files: RepositoryFiles) => Promise<void>;
}
