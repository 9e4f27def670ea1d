import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, type Result, reportSchema } from '../results.ts';
import { toChart } from './chart.ts';
import { toMarkdown } from './page.ts';

/** What an earlier run recorded. */
export function readReport(folder: string): Result[] {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(join(folder, 'benchmarks.json'), 'utf8'))).results;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Writes benchmarks.json, and from it benchmarks.md and benchmarks.svg. */
export function writeReport(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'benchmarks.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, 'benchmarks.svg'), toChart(report.results));
  writeFileSync(join(folder, 'benchmarks.md'), toMarkdown(report));
}
