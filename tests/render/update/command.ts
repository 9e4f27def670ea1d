import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectDirectory } from '../../../scripts/template/definition.ts';

/** `npm run update -- …`, from a folder. */
export function updateCommand(folder: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(projectDirectory, 'scripts/update.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: folder },
  });
}
