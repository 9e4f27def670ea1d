import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemErrorCode } from '../errors/storage-error.ts';
import type { Check } from '../pipeline/check.ts';

/** Whether a folder can be written to, or made. */
export async function checkFolder(path: string): Promise<Check> {
  const name = `write ${path}`;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    try {
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      return { name, ok: true, detail: folder === resolve(path) ? 'writable' : `will be created in ${folder}` };
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT' && folder !== dirname(folder)) continue;
      return {
        name,
        ok: false,
        detail: `${folder} cannot be written to (${code ?? String(error)}).`,
        code: 'ACCESS_DENIED',
      };
    }
  }
}
