import { ROUTE_NAMES } from '../move.ts';
import { median, type Result } from '../results.ts';
import { markdownTable, percent } from './markdown.ts';

/**
 * What holds the service where its work, or that of the server, leaves no core idle: for each route what the work takes at
 * least, and which share of the limit is left then.
 *
 * @param cores of the machine that it was measured on
 */
export function machineTable(results: readonly Result[], cores: number): string {
  const inOrder = ROUTE_NAMES.flatMap((name) => results.filter(({ route }) => route === name));
  const rows = inOrder.flatMap((result) => {
    const { route, dataSet, rows, variant, role, ratio, processorSeconds, serverSeconds, timeByPart } = result;
    const seconds = secondsOf(result);
    if (role !== 'service' || timeByPart === undefined || seconds === undefined || ratio === undefined) return [];
    if (processorSeconds === undefined || serverSeconds === undefined) return [];
    const work = processorSeconds + serverSeconds;
    return [
      [
        `${route}, ${rows.toLocaleString('en')} ${dataSet}, ${variant}`,
        `${seconds.toFixed(1)} s`,
        percent(busyShare(timeByPart)),
        `${processorSeconds.toFixed(1)} + ${serverSeconds.toFixed(1)} s`,
        `${(work / cores).toFixed(1)} s`,
        ratio.toFixed(2),
        ((ratio * seconds) / (work / cores)).toFixed(2),
      ],
    ];
  });
  const header = ['route', 'takes', 'main thread busy', 'work', 'takes at least', 'share', 'share at most'];
  return markdownTable(header, rows);
}

function busyShare(times: Readonly<Record<string, number>>): number {
  const total = Object.values(times).reduce((sum, time) => sum + time, 0);
  return 1 - (times.waiting ?? 0) / total;
}

function secondsOf({ rows, rowsPerSecond }: Result): number | undefined {
  const throughput = median(rowsPerSecond);
  return throughput === undefined ? undefined : rows / throughput;
}
