// Writes skeleton/base/package-lock.json.njk: every package of skeleton/package-lock.json under the root entry that
// skeleton/base/package.json.njk has. npm installs from it what the chosen dependencies reach and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const skeleton = resolve(import.meta.dirname, '../skeleton');

/** The text of a top-level member of package.json.njk, with its conditions, indented to fit the lock file. */
function member(template: string, name: string): string {
  const match = new RegExp(`^  "${name}": \\{\\n(.*?)^  \\}`, 'ms').exec(template);
  if (match === null) throw new Error(`package.json.njk has no "${name}"`);
  const lines = match[0].split('\n').map((line) => (line.startsWith('{%') ? line : `    ${line}`));
  return lines.join('\n');
}

export function lockTemplate(packageTemplate: string, lock: string): string {
  const conditions = packageTemplate.slice(0, packageTemplate.indexOf('\n{\n') + 1);
  const { packages } = JSON.parse(lock) as { packages: Record<string, unknown> };
  const { '': _, ...installed } = packages;
  const entries = JSON.stringify(installed, undefined, 2).slice(2, -2).replaceAll(/^/gm, '  ');
  return `${conditions}{
  "name": \${{ values.name | dump }},
  "version": "0.1.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": \${{ values.name | dump }},
      "version": "0.1.0",
${member(packageTemplate, 'dependencies')},
${member(packageTemplate, 'devDependencies')},
${member(packageTemplate, 'engines')}
    },
${entries}
  }
}
`;
}

export function readLockTemplate(): string {
  const read = (path: string) => readFileSync(resolve(skeleton, path), 'utf8');
  return lockTemplate(read('base/package.json.njk'), read('package-lock.json'));
}

if (import.meta.main) {
  writeFileSync(resolve(skeleton, 'base/package-lock.json.njk'), readLockTemplate());
}
