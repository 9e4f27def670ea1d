import type { Migration } from './migration.ts';

/** Where it was before anybody was asked. A history that begins anew elsewhere, and a secret that is missing, help nobody. */
export const stateInFolders: Migration = {
  version: '0.2.0',
  description: 'The state stays in folders: answer `--set state=postgres` to move it into a database.',
  answers: (answers) => (usesPostgres(answers) ? { state: 'local', ...answers } : answers),
};

function usesPostgres({ sources, sinks }: Record<string, unknown>): boolean {
  return [sources, sinks].some((systems) => Array.isArray(systems) && systems.includes('postgres'));
}
