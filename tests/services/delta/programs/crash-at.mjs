/**
 * Kills the process right before the n-th time it changes or syncs a file, n = CRASH_AT:
 * `node --import ./crash-at.mjs …`. Without so many operations the process ends as ever.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const handle = await fs.open(import.meta.filename);
const fileHandle = Object.getPrototypeOf(handle);
await handle.close();

let left = Number(process.env.CRASH_AT);
for (const [target, names] of [
  [fs, ['link', 'mkdir', 'open', 'rename', 'rm', 'rmdir', 'unlink']],
  [fileHandle, ['sync', 'write', 'writeFile', 'writev']],
]) {
  for (const name of names) {
    const original = target[name];
    target[name] = function (...values) {
      left -= 1;
      if (left === 0) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, values);
    };
  }
}
syncBuiltinESMExports();
