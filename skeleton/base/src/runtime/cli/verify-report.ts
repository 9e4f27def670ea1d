import { keepRecord } from '../dead-letters/record.ts';
import { DIFFERENCE_KINDS, type Difference, type DifferenceCounts, type DifferenceKind } from '../verify/difference.ts';
import type { ComparedEnd, VerifyReport } from '../verify/report.ts';
import { formatCount, formatDuration, printable } from './output.ts';

const LONGEST_LINE = 400;

const KINDS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'missing in the sink',
  extra: 'extra in the sink',
  different: 'different',
};

/** What is counted besides the differences, where there is any. */
const OTHERS: readonly (readonly [keyof DifferenceCounts, string])[] = [
  ['deadLettered', 'dead letters: the sink refused them'],
  ['pending', 'changed since the last run'],
  ['superseded', 'earlier versions'],
];

/** The report without the values of records, but for those of the key; or with them, as dead letters show theirs. */
export function shownReport(report: VerifyReport, values: boolean): VerifyReport {
  // Without a key all of a record is its key.
  const keys = values || report.key.length > 0;
  const differences = report.differences.map((difference) => shown(difference, keys, values));
  return { ...report, differences };
}

function shown({ kind, key, columns, source, sink }: Difference, keys: boolean, values: boolean): Difference {
  return {
    kind,
    key: keys ? keep(key) : {},
    ...(columns && { columns }),
    ...(values && source && { source: keep(source) }),
    ...(values && sink && { sink: keep(sink) }),
  };
}

function keep(row: Difference['key']): Difference['key'] {
  const { record } = keepRecord(row);
  return typeof record === 'object' && record !== null ? { ...record } : { record };
}

/** The report for people. */
export function formatVerifyReport(report: VerifyReport): string {
  const { resource, equal, exhaustive, rangesDiffering, counts, differences, scope, milliseconds } = report;
  const verdict = equal ? 'source and sink are equal' : 'SOURCE AND SINK DIFFER';
  const least = exhaustive ? '' : 'at least ';
  const found = DIFFERENCE_KINDS.map((kind) => [counts[kind], KINDS[kind]] as const);
  const others = OTHERS.map(([name, text]) => [counts[name], text] as const).filter(([count]) => count > 0);
  const counted = rangesDiffering === 0 ? [] : [...(equal ? [] : found), ...others];
  return [
    `${resource}  ${verdict}  ${formatDuration(milliseconds)}`,
    formatEnd('source', report.source),
    formatEnd('sink', report.sink),
    ...counted.map(([count, text]) => `  ${least}${formatCount(count)} ${text}`),
    ...differences.map(formatDifference),
    ...(exhaustive ? [] : ['  and more; --limit looks for more of them']),
    ...scope.map((sentence) => `  ${sentence}`),
  ].join('\n');
}

function formatEnd(side: string, { name, records, place, passes }: ComparedEnd): string {
  const times = passes === 1 ? '' : `, ${passes} times`;
  return `  ${side.padEnd(6)}  ${formatCount(records)} records  ${name}  (checksums ${place}${times})`;
}

function formatDifference({ kind, key, columns, source, sink }: Difference): string {
  const where = columns?.join(', ') ?? '';
  const values = [source && `source ${JSON.stringify(source)}`, sink && `sink ${JSON.stringify(sink)}`];
  const text = values.filter((value) => value !== undefined).join('  ');
  const line = [KINDS[kind], JSON.stringify(key), where, text].filter((part) => part !== '').join('  ');
  return `    ${printable(line, LONGEST_LINE)}`;
}
