import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toMarkdown } from './page.ts';
import { type Report, reportSchema } from './results.ts';

/** What earlier runs recorded. */
export function readReport(folder: string): Report {
  const file = join(folder, 'reliability.json');
  if (!existsSync(file)) return { node: '', postgres: '', kill: [], network: [], server: [] };
  return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Writes reliability.json, and from it reliability.md. */
export function writeReport(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'reliability.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, 'reliability.md'), toMarkdown(report));
}
