import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLockTemplate } from '../../scripts/lock.ts';
import { distinctSources } from './answers.ts';
import { skeleton } from './overlays.ts';
import { renderTexts } from './texts.ts';

interface Package {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const union: Package = readJson(skeleton, 'package.json');
const locked: Readonly<Record<string, Package>> = readJson(skeleton, 'package-lock.json').packages;

it('is made from the current package.json and lockfile (npm run lock)', () => {
  expect(readFileSync(join(skeleton, 'base/package-lock.json.njk'), 'utf8')).toBe(readLockTemplate());
});

it('has every package for every platform and no download address', () => {
  const names = new Set(Object.keys(locked).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  for (const [path, { version, resolved, optionalDependencies = {} }] of Object.entries(locked)) {
    expect(version, path).toBeDefined();
    expect(resolved, path).toBeUndefined();
    // A registry without the package of one platform makes a lockfile that npm ci refuses.
    for (const name of Object.keys(optionalDependencies)) expect(names, path).toContain(name);
  }
});

it('matches package.json, whose versions are the ones of the skeleton and whose packages are all used by some choice', () => {
  const used = { dependencies: new Set<string>(), devDependencies: new Set<string>() };
  for (const answers of distinctSources()) {
    const texts = renderTexts(answers);
    const manifest: Package = JSON.parse(texts.get('package.json') ?? '');
    const { packages } = JSON.parse(texts.get('package-lock.json') ?? '');
    for (const kind of ['dependencies', 'devDependencies'] as const) {
      expect(packages[''][kind]).toEqual(manifest[kind]);
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        expect(union[kind]?.[name], name).toBe(version);
        expect(locked[`node_modules/${name}`]?.version, name).toBe(version);
        used[kind].add(name);
      }
    }
  }
  expect([...used.dependencies].sort()).toEqual(Object.keys(union.dependencies ?? {}).sort());
  expect([...used.devDependencies].sort()).toEqual(Object.keys(union.devDependencies ?? {}).sort());
});
