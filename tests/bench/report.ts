import { type Measurement, median } from './measure.ts';

/** One route at one size, as `docs/reference/benchmarks.json` keeps it. */
export interface RouteResult {
  readonly route: string;
  readonly rows: number;
  /** The limit, the limit once more, the service. */
  readonly measurements: readonly Measurement[];
}

export interface BenchmarkReport {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly postgres: string;
  readonly repetitions: number;
  readonly results: readonly RouteResult[];
}

export interface Figures {
  /** Median time of the service as a multiple of the limit's. */
  readonly ratio: number;
  /** How far the two runs of the limit are apart, as a share of the limit. */
  readonly noise: number;
  readonly rowsPerSecond: number;
  readonly limitRowsPerSecond: number;
  readonly peakMebibytes: number;
}

export function figuresOf({ measurements, rows }: RouteResult): Figures {
  const [limit = 0, again = 0, service = 0] = measurements.map(({ seconds }) => median(seconds));
  return {
    ratio: service / limit,
    noise: Math.abs(again - limit) / limit,
    rowsPerSecond: rows / service,
    limitRowsPerSecond: rows / limit,
    peakMebibytes: measurements[2]?.peakMebibytes ?? 0,
  };
}

/**
 * The page that people read; every figure in it comes from the report.
 *
 * @param goals largest time that the service may take on each route, as a multiple of the limit
 */
export function toMarkdown(report: BenchmarkReport, goals: Readonly<Record<string, number>>): string {
  const rows = report.results.map((result) => {
    const { ratio, noise, rowsPerSecond, limitRowsPerSecond, peakMebibytes } = figuresOf(result);
    return [
      result.route,
      result.rows.toLocaleString('en'),
      thousands(rowsPerSecond),
      thousands(limitRowsPerSecond),
      ratio.toFixed(2),
      `≤ ${goals[result.route] ?? 1}`,
      `±${(100 * noise).toFixed(0)} %`,
      `${peakMebibytes} MiB`,
    ];
  });
  const header = ['route', 'rows', 'service, rows/s', 'limit, rows/s', 'time ÷ limit', 'goal', 'noise', 'peak memory'];
  const limits = report.results.map(({ route, measurements }) => `- ${route}: \`${measurements[0]?.candidate}\``);
  return `# Benchmarks

Written by \`npm run bench\` from \`benchmarks.json\`; do not edit by hand.

The generated service, started as \`npm start\` starts it, against what PostgreSQL's own client needs for the same rows
in the same run. Whole processes are timed, from start to end. Each figure is the median of ${report.repetitions}
repetitions; candidates take turns. *Noise* is the difference between two sets of runs of the limit itself: a ratio
says no more than that. The table has 16 columns (\`tests/bench/data.ts\`). After the last repetition the contents that
the service wrote are compared with the source, row by row. Of each run the service spends about 0.6 seconds on starting, which weighs on short ones.
The goal for peak memory is 256 MiB.

${table([header, ...rows])}

The limits:

${[...new Set(limits)].join('\n')}

Measured ${report.date} on ${report.machine}, Node ${report.node}, PostgreSQL ${report.postgres} on the same machine.

\`npm run bench\` repeats all of it (about ten minutes); \`npm run bench -- --quick\` a short form, which fails when the
service takes more than twice the time that it is allowed.
`;
}

function thousands(perSecond: number): string {
  return `${Math.round(perSecond / 1000)} k`;
}

function table(lines: readonly (readonly string[])[]): string {
  const [header = [], ...rows] = lines.map((line) => `| ${line.join(' | ')} |`);
  return [header, `|${'---|'.repeat(lines[0]?.length ?? 0)}`, ...rows].join('\n');
}
