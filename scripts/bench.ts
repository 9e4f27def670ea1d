import { Command } from '@commander-js/extra-typings';
import { benchmark } from '../tests/bench/benchmark.ts';
import { FULL, QUICK } from '../tests/bench/plan.ts';
import { startPostgres } from './postgres-server.ts';

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const options = new Command('bench')
  .description(
    'Times the generated service, PostgreSQL and the peers in one run, and writes docs/reference/benchmarks.*.',
  )
  .option(
    '--quick',
    'two minutes, for CI: writes nothing, fails when the service is less than half as fast as recorded',
  )
  .option('--route <text>', 'only routes whose name contains this (more than once: any of them)', collect, [])
  .option(
    '--candidate <text>',
    'only candidates whose name or variant contains this; the limit always runs',
    collect,
    [],
  )
  .option('--data <text>', 'only data sets whose name contains this', collect, [])
  .option('--rows <number>', 'only sessions of this many rows', Number)
  .option('--shrink <times>', 'this many times fewer rows, to try the benchmark out: writes to out/', Number)
  .parse()
  .opts();

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};
const anyOf = (wanted: readonly string[], ...texts: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((text) => texts.some((each) => each.toLowerCase().includes(text.toLowerCase())));

const sessions = (options.quick ? QUICK : FULL)
  .filter(({ dataSet }) => anyOf(options.data, dataSet.name))
  .filter(({ rows }) => options.rows === undefined || rows === options.rows)
  .map((session) => ({ ...session, rows: Math.ceil(session.rows / (options.shrink ?? 1)) }));
const filter = {
  route: ({ name }: { readonly name: string }) => anyOf(options.route, name),
  candidate: ({ name, variant }: { readonly name: string; readonly variant: string }) =>
    anyOf(options.candidate, name, variant),
};

const server = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB', fsync: 'on' });
try {
  for await (const results of benchmark({ url: server.url, sessions, filter, tell }))
    console.log(JSON.stringify(results));
} finally {
  await server.stop();
}
process.exit();
