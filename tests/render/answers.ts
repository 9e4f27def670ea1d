import type { Answers } from '../../scripts/template/answers.ts';

export interface Chosen extends Answers {
  readonly name: string;
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  readonly mode: string;
  readonly engine: string;
  readonly quality: string;
  readonly orchestrator: string;
  readonly airflowOperator?: string;
}

/** Every non-empty selection, in the order of the form. */
function selections(values: readonly string[]): string[][] {
  const sets: string[][] = [[]];
  for (const value of values) sets.push(...sets.map((set) => [...set, value]));
  return sets.slice(1);
}

/** What decides which files there are and what is in them: every combination of it is rendered. */
const STRUCTURE = {
  sources: selections(['files', 'postgres']),
  sinks: selections(['files', 'delta', 'postgres']),
  mode: ['full', 'incremental'],
  engine: ['rows', 'polars', 'duckdb'],
  quality: ['contract', 'none'],
  run: [
    { orchestrator: 'none' },
    { orchestrator: 'airflow', airflowOperator: 'ecs' },
    { orchestrator: 'airflow', airflowOperator: 'docker' },
    { orchestrator: 'airflow', airflowOperator: 'kubernetes' },
  ],
};

/** What fills in text: each pair of values meets in some combination. */
const DETAILS = {
  name: ['orders', 'a-1', 'customer-orders-of-the-eastern-sales-region-daily2'],
  description: ['Moves orders.', 'Ümlauts, "quotes", \'single\', a\\backslash: # {braces} <tags> & 日本語 %s.'],
  owner: ['group:default/data-platform', 'user:jane.doe', 'sales_team'],
  system: [undefined, 'system:default/sales'],
  lifecycle: ['experimental', 'production', 'deprecated'],
  cursor: ['updated_at', 'order_id'],
  exportFormat: ['parquet', 'ndjson', 'csv'],
  warehouseMode: ['merge', 'append'],
  schemaEvolution: ['manual', 'warn', 'auto'],
  schedule: ['0 * * * *', '*/15 6-22 1,15 JAN-MAR MON-FRI'],
  timezone: ['UTC', 'America/Argentina/Buenos_Aires', 'Europe/Kyiv'],
  shards: [1, 2, 32],
  state: ['postgres', 'local'],
  size: ['small', 'medium', 'large'],
  datadogSite: ['datadoghq.com', 'datadoghq.eu', 'us3.datadoghq.com'],
  serviceTags: [[], ['team:sales'], ['team:sales', 'cost-centre:4711']],
  alertWebhook: ['generic', 'slack', 'none'],
  repoUrl: [undefined, 'github.com?owner=acme&repo=orders'],
};

/** Answers to questions that are asked only after certain others, said here once more, apart from template.yaml. */
const ASKED: Record<string, (answers: Chosen) => boolean> = {
  cursor: ({ sources, mode }) => sources.includes('postgres') && mode === 'incremental',
  exportFormat: ({ sinks }) => sinks.includes('files'),
  warehouseMode: ({ sinks, mode }) => sinks.includes('postgres') && mode === 'incremental',
  state: ({ sources, sinks }) => [...sources, ...sinks].includes('postgres'),
  shards: ({ sources, sinks, mode }) =>
    mode === 'incremental' && (sources.includes('postgres') || sinks.some((sink) => sink !== 'postgres')),
};

type Factors = Readonly<Record<string, readonly unknown[]>>;

function product(factors: Factors): Record<string, unknown>[] {
  return Object.entries(factors).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** Few rows in which every two values of different factors meet, found by always taking the value that adds most pairs. */
function pairwise(factors: Factors): Record<string, unknown>[] {
  const names = Object.keys(factors);
  const missing = new Set<string>();
  const pair = (a: number, i: number, b: number, j: number) => (a < b ? `${a}.${i} ${b}.${j}` : `${b}.${j} ${a}.${i}`);
  const count = (factor: number) => factors[names[factor] ?? '']?.length ?? 0;
  for (let a = 0; a < names.length; a++)
    for (let b = a + 1; b < names.length; b++)
      for (let i = 0; i < count(a); i++) for (let j = 0; j < count(b); j++) missing.add(pair(a, i, b, j));
  const rows: Record<string, unknown>[] = [];
  while (missing.size > 0) {
    const row: number[] = [];
    const [first = ''] = missing;
    for (const [factor, value] of first.split(' ').map((part) => part.split('.').map(Number)))
      row[factor ?? 0] = value ?? 0;
    for (let factor = 0; factor < names.length; factor++) {
      if (row[factor] !== undefined) continue;
      const gain = (value: number) =>
        row.filter((other, index) => other !== undefined && missing.has(pair(factor, value, index, other))).length;
      const values = [...Array(count(factor)).keys()];
      row[factor] = values.reduce((best, value) => (gain(value) > gain(best) ? value : best), 0);
    }
    row.forEach((i, a) => {
      row.forEach((j, b) => {
        if (a < b) missing.delete(pair(a, i, b, j));
      });
    });
    rows.push(Object.fromEntries(names.map((name, factor) => [name, factors[name]?.[row[factor] ?? 0]])));
  }
  return rows;
}

function toAnswers({ run, ...rest }: Record<string, unknown>): Chosen {
  const all = { ...rest, ...(typeof run === 'object' && run) } as Chosen;
  const answered = Object.entries(all).filter(([name, value]) => value !== undefined && (ASKED[name]?.(all) ?? true));
  return Object.fromEntries(answered) as Chosen;
}

/** Every combination of what decides the structure, with details that change from one to the next. */
export function allCombinations(): Chosen[] {
  const details = pairwise(DETAILS);
  return product(STRUCTURE).map((structure, index) => toAnswers({ ...structure, ...details[index % details.length] }));
}

/** Few combinations in which every two answers meet. */
export function pairwiseCombinations(): Chosen[] {
  return pairwise({ ...STRUCTURE, ...DETAILS }).map(toAnswers);
}

/** Few combinations, to be installed and run, in which every two answers meet that decide what is run. */
export function installedCombinations(): Chosen[] {
  const { sources, mode, engine, quality } = STRUCTURE;
  const sinks = [['files'], ['delta'], ['postgres'], ['files', 'delta', 'postgres']];
  const rows = pairwise({ sinks, sources, mode, engine, quality, state: DETAILS.state }).map((row) => ({
    ...row,
    name: 'orders',
  }));
  return rows.map(toAnswers);
}

/** One combination for each set of TypeScript files that a repository can have. */
export function distinctSources(): Chosen[] {
  const seen = new Map<string, Chosen>();
  for (const answers of allCombinations()) {
    const connectors = [...new Set([...answers.sources, ...answers.sinks])].sort();
    const key = [connectors, answers.sources.includes('files'), answers.engine, answers.quality].join();
    if (!seen.has(key)) seen.set(key, answers);
  }
  return [...seen.values()];
}

/** The answers in one line, to name a test. */
export function describeAnswers({ sources, sinks, orchestrator = 'airflow', ...answers }: Chosen): string {
  const { mode, engine, quality, airflowOperator = orchestrator } = answers;
  return `${sources.join('+')} to ${sinks.join('+')}, ${mode}, ${engine}, ${quality}, ${airflowOperator}`;
}
