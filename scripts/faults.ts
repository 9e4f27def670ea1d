import { join } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import pg from 'pg';
import { runCampaign } from '../tests/faults/kill/campaign.ts';
import { modeOf, pairOf, ROUTES } from '../tests/faults/kill/routes.ts';
import { renderKilledService } from '../tests/faults/kill/workspace.ts';
import { FAULTS } from '../tests/faults/network/proxy.ts';
import { NETWORK_ROUTES, runNetworkSuite } from '../tests/faults/network/suite.ts';
import { addKills, merge, type Report } from '../tests/faults/report/results.ts';
import { readReport, writeReport } from '../tests/faults/report/write.ts';
import { EVENTS } from '../tests/faults/server/events.ts';
import { runServerSuite } from '../tests/faults/server/suite.ts';
import { soak } from '../tests/faults/soak/suite.ts';
import { ensureInstalled } from './bootstrap.mjs';
import { startPostgres } from './postgres-server.ts';
import { projectDirectory } from './template/definition.ts';

const DEFAULT_SOAK_SECONDS = 1_800;

const options = new Command('faults')
  .description('Disturbs generated services in every way that is known, and writes docs/reference/reliability.*.')
  .option('--kill', 'only kill runs')
  .option('--network', 'only break connections')
  .option('--server', 'only let things happen to PostgreSQL')
  .option('--soak [duration]', 'only run beside writers for so long: 45s, 30m, 2h (default: 30m)', seconds)
  .option('--pair <text>', 'only pairs and modes with this in their name: "files → delta, append"', '')
  .option('--kills <number>', 'runs to kill of each pair, divided among its modes', Number, 1000)
  .option('--times <number>', 'how often each fault is tried in each phase of the network', Number, 3)
  .option('--seed <number>', 'where the random choices begin', Number, 1)
  .option('--workers <number>', 'scenarios of the same mode at a time', Number, 2)
  .option('--add', 'add the kills to those that are recorded, instead of replacing them')
  .option('--out <folder>', 'where the results are written', join(projectDirectory, 'docs/reference'))
  .parse()
  .opts();

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

await ensureInstalled(join(projectDirectory, 'skeleton'), process.execPath, { what: 'the packages of the skeleton' });
const server = await startPostgres();
const service = await renderKilledService();
const all = !options.kill && !options.network && !options.server && options.soak === undefined;
try {
  if (all || options.kill) await killRuns();
  if (all || options.network) await breakConnections();
  if (all || options.server) await disturbServer();
  if (all || options.soak !== undefined) await runBesideWriters();
} finally {
  service.remove();
  await server.stop();
}
// The scaffolder that rendered the services leaves timers behind.
process.exit();

async function killRuns(): Promise<void> {
  const { seed, workers, pair } = options;
  const about = (each: { readonly pair: string; readonly mode: string }) => `${each.pair}, ${each.mode}`;
  for (const route of ROUTES.filter((each) => `${pairOf(each)}, ${modeOf(each)}`.includes(pair))) {
    const modes = ROUTES.filter((each) => pairOf(each) === pairOf(route)).length;
    const kills = Math.ceil(options.kills / modes);
    const { known: _, ...result } = await runCampaign(route, { service, server: server.url, kills, seed, workers });
    const fresh = tellAndCount(`${about(result)}: ${result.kills} kills`, result);
    await record((report) => {
      const before = report.kill.find((each) => about(each) === about(fresh));
      const sum = options.add && before !== undefined ? addKills(before, fresh) : fresh;
      return { kill: merge(report.kill, [sum], about) };
    });
  }
}

async function breakConnections(): Promise<void> {
  const { seed, times, pair } = options;
  for (const route of NETWORK_ROUTES.filter((each) => `${pairOf(each)}, ${modeOf(each)}`.includes(pair))) {
    for await (const result of runNetworkSuite(route, { service, server: server.url, faults: FAULTS, times, seed })) {
      const fresh = tellAndCount(`${result.route}, ${result.fault}: ${result.faults} faults`, result);
      await record((report) => ({
        network: merge(report.network, [fresh], (each) => `${each.route}, ${each.fault}`),
      }));
    }
  }
}

async function disturbServer(): Promise<void> {
  for await (const result of runServerSuite(EVENTS, { service, server })) {
    const fresh = tellAndCount(result.event, result);
    await record((report) => ({ server: merge(report.server, [fresh], (each) => each.event) }));
  }
}

async function runBesideWriters(): Promise<void> {
  const duration = typeof options.soak === 'number' ? options.soak : DEFAULT_SOAK_SECONDS;
  const result = await soak(duration, { service, server: server.url, seed: options.seed });
  const fresh = tellAndCount(`${result.runs} runs beside writers`, result);
  await record(() => ({ soak: fresh }));
}

interface Harm {
  readonly lost: number;
  readonly doubled: number;
  readonly problems: readonly string[];
}

/** Tells a result with all its problems, which are only counted in what is recorded. */
function tellAndCount<Result extends Harm>(
  what: string,
  result: Result,
): Omit<Result, 'problems'> & { problems: number } {
  const { problems, lost, doubled } = result;
  tell(`${what}, ${lost} lost, ${doubled} doubled, ${problems.length} problems`);
  for (const problem of problems) tell(`  ${problem}`);
  if (problems.length + lost + doubled > 0) process.exitCode = 1;
  return { ...result, problems: problems.length };
}

async function record(change: (report: Report) => Partial<Report>): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  const postgres = String(rows[0].server_version).split(' ')[0] ?? '';
  const report = readReport(options.out);
  writeReport(options.out, { ...report, ...change(report), node: process.versions.node, postgres });
}

/** @throws InvalidArgumentError when the text is no duration */
function seconds(text: string): number {
  const [, amount, unit = ''] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('Write a whole number and s, m or h: 45s, 30m, 2h.');
  return Number(amount) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}
