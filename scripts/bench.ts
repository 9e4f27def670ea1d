import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import pg from 'pg';
import { measure } from '../tests/bench/measure.ts';
import { type BenchmarkReport, figuresOf, type RouteResult, toMarkdown } from '../tests/bench/report.ts';
import { ALLOWED, openRoutes } from '../tests/bench/routes.ts';
import { startPostgres } from './postgres-server.ts';

const options = new Command('bench')
  .description('Times the generated service against psql in the same run, and writes docs/reference/benchmarks.*.')
  .option('--quick', 'a short form for CI: one size, writes nothing, fails only on a large loss')
  .parse()
  .opts();

const SIZES = options.quick ? [1_000_000] : [1_000_000, 6_000_000];
const REPETITIONS = 3;
/** A short run on a busy machine fails only beyond this multiple of what is allowed. */
const LARGE_LOSS = 2;

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

const server = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB', fsync: 'on' });
try {
  const results: RouteResult[] = [];
  for (const rows of SIZES) {
    const { routes, close } = await openRoutes(server.url, rows);
    for (const route of routes) {
      tell(`${route.name}, ${rows.toLocaleString('en')} rows`);
      const measurements = await measure(route.candidates, REPETITIONS, tell);
      await route.verify();
      results.push({ route: route.name, rows, measurements });
    }
    await close();
  }
  summarise(results);
  if (!options.quick) write(await describe(results));
} finally {
  await server.stop();
}
// The scaffolder that rendered the services leaves timers behind.
process.exit();

function summarise(results: readonly RouteResult[]): void {
  for (const result of results) {
    const { ratio, noise, rowsPerSecond, peakMebibytes } = figuresOf(result);
    const allowed = (ALLOWED[result.route] ?? 1) * (options.quick ? LARGE_LOSS : 1);
    const verdict = ratio <= allowed ? 'ok' : 'too slow';
    process.stdout.write(
      `${result.route}, ${result.rows.toLocaleString('en')} rows: ${Math.round(rowsPerSecond / 1000)} k rows/s, ` +
        `${ratio.toFixed(2)} × the limit (noise ${(100 * noise).toFixed(0)} %, allowed ${allowed}), ${peakMebibytes} MiB: ${verdict}\n`,
    );
    if (ratio > allowed) process.exitCode = 1;
  }
}

async function describe(results: readonly RouteResult[]): Promise<BenchmarkReport> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${processor?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    postgres: String(rows[0].server_version).split(' ')[0] ?? '',
    repetitions: REPETITIONS,
    results,
  };
}

function write(report: BenchmarkReport): void {
  const base = new URL('../docs/reference/benchmarks', import.meta.url).pathname;
  writeFileSync(`${base}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${base}.md`, toMarkdown(report, ALLOWED));
}
