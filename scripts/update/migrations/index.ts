import type { Answers } from '../../template/answers.ts';
import { fullRefresh } from './full-refresh.ts';
import { longerLag } from './longer-lag.ts';
import type { Migration } from './migration.ts';
import { stateInFolders } from './state-in-folders.ts';

/** All migrations, in the order in which they are done: by version. */
export const MIGRATIONS: readonly Migration[] = [fullRefresh, longerLag, stateInFolders];

const { compare } = new Intl.Collator('en', { numeric: true });

/** Below 0 when a version is older than another one, above when it is newer. */
export function compareVersions(version: string, other: string): number {
  return compare(version, other);
}

/** What has to be done on the way from one version of the template to a newer one. */
export function migrationsBetween(from: string, to: string, all = MIGRATIONS): readonly Migration[] {
  return all.filter(({ version }) => compareVersions(from, version) < 0 && compareVersions(version, to) <= 0);
}

/** Answers that were given to an older version of the template, as a newer one understands them. */
export function migrateAnswers(answers: Answers, migrations: readonly Migration[]): Answers {
  return migrations.reduce((migrated, migration) => migration.answers?.(migrated) ?? migrated, answers);
}
