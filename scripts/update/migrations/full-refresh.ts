import type { Migration } from './migration.ts';

const BEFORE = '--start-over';
const OPTION = new RegExp(`(?<![\\w-])${BEFORE}(?![\\w-])`, 'g');

/** Scripts, workflows and notes of a team call the command line by options that no merge knows of. */
export const fullRefresh: Migration = {
  version: '0.2.0',
  description: 'The option --start-over of run is called --full-refresh, wherever it is written.',
  async files(files) {
    for (const path of await files.containing(BEFORE)) {
      await files.edit(path, (text) => text.replaceAll(OPTION, '--full-refresh'));
    }
  },
};
