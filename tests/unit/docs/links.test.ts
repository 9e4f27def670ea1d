import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectDirectory } from '../../../scripts/template/definition.ts';
import { anchorsOf, codeIn, pages, readPage, withoutCode } from './pages.ts';

it.each(pages)('%s links to files and headings that are there', (page) => {
  for (const [, target = ''] of withoutCode(readPage(page)).matchAll(/\]\(([^)]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const destination = path === '' ? page : join(page, '..', path);
    expect(existsSync(join(projectDirectory, destination)), target).toBe(true);
    if (page.startsWith('docs/')) expect(destination, 'TechDocs has nothing outside of docs').toMatch(/^docs\//);
    if (anchor !== undefined) expect(anchorsOf(readPage(destination)), target).toContain(anchor);
  }
});

it.each(pages)('%s names paths of the project that are there', (page) => {
  const paths = codeIn(readPage(page)).filter((code) => /^(skeleton|scripts|tests)\/[\w./-]+$/.test(code));
  expect(paths.filter((path) => !existsSync(join(projectDirectory, path)))).toEqual([]);
});

it('every page of docs is in the navigation of TechDocs, and nothing else is', () => {
  const { nav } = parse(readPage('mkdocs.yml'));
  const linked = JSON.stringify(nav).match(/[\w./-]+\.md(?=")/g) ?? [];
  expect(linked.map((path) => `docs/${path}`).toSorted()).toEqual(pages.filter((path) => path.startsWith('docs/')));
});
