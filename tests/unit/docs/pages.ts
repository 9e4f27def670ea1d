import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from '../../../scripts/template/definition.ts';

/** Paths of the project's own documents, relative to the project. */
export const pages: readonly string[] = globSync(['*.md', 'docs/**/*.md'], { cwd: projectDirectory }).toSorted();

export function readPage(path: string): string {
  return readFileSync(join(projectDirectory, path), 'utf8');
}

/** The text without code, where brackets and hashes mean other things. */
export function withoutCode(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
}

/** The names under which GitHub and MkDocs find the headings of a page. */
export function anchorsOf(text: string): string[] {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** Cells of all rows of the tables below a heading (default: of the page), without those that head a table. */
export function rowsOf(text: string, heading?: string): string[][] {
  const section = heading === undefined ? text : (text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '');
  const lines = section.split('\n');
  return lines
    .filter((line, index) => line.startsWith('|') && !line.startsWith('|---') && !lines[index + 1]?.startsWith('|---'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** The pieces of code in a cell. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
