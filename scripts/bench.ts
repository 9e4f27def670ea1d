import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import pg from 'pg';
import { benchmark } from '../tests/bench/benchmark.ts';
import { FULL, QUICK, type Session } from '../tests/bench/plan.ts';
import { regressions } from '../tests/bench/quick.ts';
import { readReport, writeReport } from '../tests/bench/report/write.ts';
import { merge, type Report, type Result } from '../tests/bench/results.ts';
import { ensureInstalled } from './bootstrap.mjs';
import { startPostgres } from './postgres-server.ts';
import { projectDirectory } from './template/definition.ts';

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const options = new Command('bench')
  .description('Times the generated service, psql and the peers in one run, and writes docs/reference/benchmarks.*.')
  .option(
    '--quick',
    'two minutes, for CI: writes nothing, fails when the service is less than half as fast as recorded',
  )
  .option('--route <text>', 'only routes with this in their name; more than once: any of them', collect, [])
  .option('--candidate <text>', 'only candidates with this in name or variant, and the limit', collect, [])
  .option('--data <text>', 'only data sets with this in their name', collect, [])
  .option('--rows <number>', 'only data sets of this many rows', Number)
  .option('--shrink <times>', 'so many times fewer rows, once each, to try it out: writes to out/bench', Number)
  .parse()
  .opts();

const documents = join(projectDirectory, options.shrink === undefined ? 'docs/reference' : 'out/bench');
const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

await ensureInstalled(join(projectDirectory, 'skeleton'), process.execPath, { what: 'the packages of the skeleton' });
const server = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB', fsync: 'on' });
try {
  if (options.quick) await quick();
  else await full();
} finally {
  await server.stop();
}
// The scaffolder that rendered the services leaves timers behind.
process.exit();

/** Records what is measured, route by route, beside what other runs recorded. Fails when the service moved something wrong. */
async function full(): Promise<void> {
  const about = await machine();
  for await (const results of benchmark({
    url: server.url,
    sessions: sessions(FULL),
    filter: filter(),
    peers: true,
    tell,
  })) {
    writeReport(documents, { ...about, results: merge(readReport(documents), results) });
    report(regressions([], results));
  }
}

/** A loss counts when it is seen twice: other work on the machine passes. */
async function quick(): Promise<void> {
  const recorded = readReport(documents);
  for (const attempt of ['first', 'second']) {
    const measured: Result[] = [];
    for await (const results of benchmark({
      url: server.url,
      sessions: sessions(QUICK),
      filter: filter(),
      peers: false,
      tell,
    })) {
      measured.push(...results);
    }
    const problems = regressions(recorded, measured);
    if (problems.length === 0) return;
    if (attempt === 'second') report(problems);
  }
}

function report(problems: readonly string[]): void {
  for (const problem of problems) tell(problem);
  if (problems.length > 0) process.exitCode = 1;
}

function sessions(all: readonly Session[]): Session[] {
  const { data, rows, shrink } = options;
  return all
    .filter(({ dataSet }) => hasAny(data, dataSet.name))
    .filter((session) => rows === undefined || session.rows === rows)
    .map((session) =>
      shrink === undefined ? session : { ...session, rows: Math.ceil(session.rows / shrink), once: true },
    );
}

function filter() {
  return {
    route: ({ name }: { readonly name: string }) => hasAny(options.route, name),
    candidate: ({ name, variant }: { readonly name: string; readonly variant: string }) =>
      hasAny(options.candidate, `${name} ${variant}`),
  };
}

function hasAny(wanted: readonly string[], text: string): boolean {
  return wanted.length === 0 || wanted.some((part) => text.toLowerCase().includes(part.toLowerCase()));
}

async function machine(): Promise<Omit<Report, 'results'>> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  const [processor] = cpus();
  return {
    cores: cpus().length,
    machine: `${cpus().length} cores (${processor?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    postgres: String(rows[0].server_version).split(' ')[0] ?? '',
  };
}
