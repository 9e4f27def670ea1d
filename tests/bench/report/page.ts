import { type Goal, goalsOf, isMet, multiplesOfPeers } from '../goals.ts';
import { NOT_DONE } from '../measure.ts';
import { ROUTE_NAMES, type RouteName } from '../move.ts';
import { groupByDataSet, median, type Report, type Result } from '../results.ts';
import { machineTable } from './limits-of-the-machine.ts';
import { markdownTable, percent, thousands } from './markdown.ts';

/** Parts that take less of the time are not shown. */
const LEAST_SHARE = 0.02;

/** `docs/reference/benchmarks.md`; every figure in it comes from the report. */
export function toMarkdown(report: Report): string {
  return `# Benchmarks

Written by \`npm run bench\` from \`benchmarks.json\`; do not edit by hand.

![Rows a second of each candidate on each route](benchmarks.svg)

Measured on ${report.machine}, with Node ${report.node} and PostgreSQL ${report.postgres} on the same machine.

## Goals

${goals(goalsOf(report.results))}

## What holds the service

The *work* is the processor time of the service and of the server. A run takes at least the time in which all cores together can do it, and at least as long
as its main thread is busy, which reads, checks and writes columns. *Share at most* is the share of the limit that would be reached with no core idle for a
moment: where a goal asks for more, only less work would help. On which parts the main thread spends its time is told at the end of each route.

${machineTable(report.results, report.cores)}

Each run loads its modules anew, about a quarter of a second (*loading of modules* at the end of each route): a million rows feel it, six million do not. Two shards
are two more processes that do so, while the one that was started waits for them: for a million rows they gain little.

Into PostgreSQL each batch of 20,000 records is committed together with its position. Around its COPY the sink asks the server five times: it begins (1.0 ms
from Parquet, as the service sees it), reads the checkpoint (1.3), compares the columns (0.9), writes the checkpoint (0.4) and commits (2.2): 6 ms of about 45,
in which the server copies nothing, and answers wait for their turn while the next batch is being read. With \`batchSize: 100000\` three million rows took
5.6 s instead of 6.5 from Parquet and 5.4 instead of 5.5 from PostgreSQL, with up to 60 MiB more memory. \`psql\` commits once. The disk holds neither of them:
forcing the log of three million rows to it took 0.3 s, and 0.2 s with \`psql\` (\`wal_sync_time\` of \`pg_stat_wal\`).

From PostgreSQL to PostgreSQL the plain run passes rows on as bytes. A run with a contract is compared there with one that does not look at the values at all.

With polars, each batch is in memory four more times: as Arrow's message to polars and back, and as polars' own frames before and after. They are allocated
anew for each batch, outside of the JavaScript heap, and Node's garbage collector comes by when about 64 MiB of such memory have gathered; the library itself
and Arrow's are 40 MiB. The columns of a batch and the messages of COPY are used again for later ones. Pages that zlib decompresses, and what it works with,
are new memory for each page: how much a run from Parquet holds depends on when the garbage collector comes by.

No candidate moves data faster than the limit, so it is no larger multiple of a peer either:

${peerTable(report.results)}

## How to read it

- The generated service runs as in its container, with its options of Node and of the memory allocator, and with what its image has compiled.
  Whole processes are timed, from start to end, with all that they load.
- A *transformer* is a \`FieldTransformer\` that changes four fields of each row; with *objects* a \`Transformer\` that returns a changed copy of each row.
- The *limit* is the least work with which the data can be moved: \`psql\` with PostgreSQL's own binary format (which reads and throws away where the
  sink is not PostgreSQL), or DuckDB where PostgreSQL has no part. A *share* is throughput as a share of the limit's in the same run: more is better.
- The candidates take turns (A B C A B C …), and the figures are medians. *Noise* is how far two sets of runs of the limit itself are apart: a difference below it says nothing.
- dlt, Sling and ingestr run once and with a million rows only, dlt's default backend with 100,000, because they need minutes.
- dlt's *best backend* is connectorx into files and pyarrow into PostgreSQL, files go through Arrow, and it loads PostgreSQL from CSV.
- Memory is the largest sum of the resident memory of a candidate and all processes that it starts, of all repetitions.
- *CPU* is the processor time of a candidate with all that it starts, and that of the PostgreSQL server meanwhile, in seconds. A run that does both at
  the same time, on two cores, takes at least as long as the longer of the two.
- *Event loop*: the longest time of a run that the service's event loop stood still, from its second second on: garbage collection, and steps that cannot be cut.
  Behind it, as *work*, the most processor time that its thread took between two turns: the rest is time that the machine gave to others.
- *Where the time goes*: one more run under Node's profiler, which makes it slower. The time of its main thread is counted for the folder of the runtime
  whose code runs, or on whose behalf packages and Node do. *Waiting* is for the server, the disk, or other threads.
- Contents are compared after the last repetition: DuckDB brings every value, read and written, to one form of its kind (numbers: DECIMAL(38, 9);
  dates and times: TIMESTAMP in UTC), and sums a 64-bit hash of it for each column and for whole rows. *Changed types* are columns that came out with another type, all values being the same. What a transformer changes is expected changed.
- The service forces what it writes to the disk and keeps a checkpoint with it; the peers do not.

${ROUTE_NAMES.map((route) => routeSection(route, report.results)).join('\n')}
## Repeat it

\`\`\`sh
npm run bench                                   # all of it, more than an hour on two cores
npm run bench -- --route delta --data 'line items' --rows 1000000   # a part; the rest of the figures is kept
npm run bench -- --quick                        # two minutes: fails when the service is less than half as fast as recorded
\`\`\`

What the peers need is installed once, below \`~/.cache/etl-pipeline-template\`, in exactly the versions of \`tests/bench/peers/requirements/\`. The data sets are made by arithmetic (\`tests/bench/data-sets/\`).
`;
}

function goals(all: readonly Goal[]): string {
  const rows = all.map((goal) => {
    const { what, least, most, unit, reached } = goal;
    const value = (number: number) => `${unit === '×' ? number.toFixed(2) : Math.round(number)} ${unit}`;
    const met = isMet(goal);
    return [
      what,
      least === undefined ? `≤ ${value(most ?? 0)}` : `≥ ${value(least)}`,
      reached === undefined ? 'not measured' : value(reached),
      met === undefined ? '' : met ? 'yes' : '**no**',
    ];
  });
  return markdownTable(['goal', 'wanted', 'measured', 'met'], rows);
}

function peerTable(results: readonly Result[]): string {
  const rows = ROUTE_NAMES.flatMap((route) =>
    multiplesOfPeers(results, route)
      .filter(({ limit }) => limit !== undefined)
      .map(({ peer, limit, service }) => [route, peer, times(limit), times(service)]),
  );
  return markdownTable(['route', 'peer', 'limit', 'service, contract and transformer'], rows);
}

function times(multiple: number | undefined): string {
  return multiple === undefined ? '' : `${multiple.toFixed(1)} ×`;
}

function routeSection(route: RouteName, results: readonly Result[]): string {
  const tables = groupByDataSet(results.filter((result) => result.route === route)).map((group) => {
    const { dataSet, rows } = group[0] ?? {};
    return `### ${dataSet}, ${rows?.toLocaleString('en')} rows\n\n${resultTable(group)}\n`;
  });
  return `## ${route}\n\n${tables.join('\n')}${timeTable(results.filter((result) => result.route === route))}`;
}

/** Where the time of the service goes; nothing where that was not measured. */
function timeTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ candidate, variant, rows: count, timeByPart }) => {
    if (timeByPart === undefined) return [];
    const total = Object.values(timeByPart).reduce((sum, time) => sum + time, 0);
    const parts = Object.entries(timeByPart).filter(([, time]) => time >= LEAST_SHARE * total);
    parts.sort(([, left], [, right]) => right - left);
    const name = `${candidate}, ${variant}, ${count.toLocaleString('en')} rows`;
    return [[name, parts.map(([part, time]) => `${part} ${time.toFixed(2)} s`).join(', ')]];
  });
  return rows.length === 0 ? '' : `\n${markdownTable(['candidate', 'where the time goes'], rows)}\n`;
}

function resultTable(group: readonly Result[]): string {
  const noise = percent(group[0]?.noise ?? 0);
  const done = new Set(group.filter(({ failure }) => failure !== NOT_DONE).map(({ candidate }) => candidate));
  const shown = group.filter(({ failure, candidate }) => failure !== NOT_DONE || !done.has(candidate));
  const names = new Set<string>();
  const rows = shown.flatMap((result) => {
    const { candidate, failure } = result;
    if (failure === NOT_DONE && names.has(candidate)) return [];
    names.add(candidate);
    return [resultRow(result)];
  });
  const header = [
    'candidate',
    'rows/s',
    `share (noise ${noise})`,
    'CPU',
    'server CPU',
    'memory',
    'event loop',
    'contents',
    'version',
  ];
  return markdownTable(header, rows);
}

function resultRow(result: Result): string[] {
  const { candidate, variant, role, version, ratio, peakMebibytes, failure } = result;
  const throughput = median(result.rowsPerSecond);
  if (throughput === undefined) {
    const name = failure === NOT_DONE ? candidate : `${candidate}, ${variant}`;
    return [name, '', '', '', '', '', '', failure === NOT_DONE ? failure : 'failed', version];
  }
  return [
    `${candidate}, ${variant}${role === 'limit' ? ' (limit)' : role === 'control' ? ' (the same again)' : ''}`,
    thousands(throughput),
    ratio?.toFixed(2) ?? '',
    seconds(result.processorSeconds),
    seconds(result.serverSeconds),
    `${peakMebibytes ?? '?'} MiB`,
    describeEventLoop(result),
    describeContents(result),
    version,
  ];
}

function describeEventLoop({ eventLoopMilliseconds: longest, eventLoopWorkMilliseconds: work }: Result): string {
  if (longest === undefined) return '';
  return work === undefined ? `${longest} ms` : `${longest} ms, ${work} of work`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(1)} s`;
}

function describeContents({ contents, differences, types, failure }: Result): string {
  if (failure !== undefined) return 'failed in a repetition';
  if (contents === 'different') return `**different**: ${differences.slice(0, 3).join(', ')}`;
  return `${contents ?? ''}${types.length > 0 ? `, changed types: ${types.length}` : ''}`;
}
