import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const skeleton = resolve(import.meta.dirname, '../skeleton');

/** The overlay folders, as `skeleton/tsconfig.json` lists them for the compiler. */
export const overlays: readonly string[] = readRootDirs().map((folder) => join(skeleton, folder));

function readRootDirs(): string[] {
  const { compilerOptions } = JSON.parse(readFileSync(join(skeleton, 'tsconfig.json'), 'utf8'));
  return compilerOptions.rootDirs;
}

/**
 * Lets tests import skeleton files in place: a relative import that has no file beside its importer is looked up
 * at the same relative path in the other overlays, where a generated repository will have it.
 */
export function overlayResolver() {
  return {
    name: 'overlay-resolver',
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined): string | undefined {
      if (importer === undefined || !source.startsWith('.')) return undefined;
      const wanted = resolve(dirname(importer), source);
      const home = overlays.find((overlay) => importer.startsWith(overlay + sep));
      if (home === undefined || existsSync(wanted)) return undefined;
      const path = relative(home, wanted);
      return overlays.map((overlay) => join(overlay, path)).find((candidate) => existsSync(candidate));
    },
  };
}
