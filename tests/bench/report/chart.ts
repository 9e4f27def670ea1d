import { init } from 'echarts';
import { ROUTE_NAMES } from '../move.ts';
import { groupByDataSet, median, type Result } from '../results.ts';

const [WIDTH, PANEL_HEIGHT, TITLE_HEIGHT] = [960, 24, 56];
const COLORS: Readonly<Record<Result['role'], string>> = {
  limit: '#8a8f98',
  control: '#8a8f98',
  service: '#0b7d6e',
  peer: '#c9b458',
};

/** Rows a second, a panel a route, the fastest on top; of each route the data set that most candidates moved. As SVG. */
export function toChart(results: readonly Result[]): string {
  const panels = ROUTE_NAMES.map((route) => ({
    route,
    bars: (groupByDataSet(results.filter((result) => result.route === route))[0] ?? [])
      .filter(({ role, rowsPerSecond }) => role !== 'control' && rowsPerSecond.length > 0)
      .map(({ candidate, variant, role, rowsPerSecond }) => ({
        name: `${candidate}, ${variant}`,
        value: median(rowsPerSecond) ?? 0,
        itemStyle: { color: COLORS[role] },
      }))
      .toSorted((left, right) => left.value - right.value),
  })).filter(({ bars }) => bars.length > 0);
  const tops: number[] = [];
  let height = TITLE_HEIGHT;
  for (const { bars } of panels) {
    tops.push(height);
    height += bars.length * PANEL_HEIGHT + TITLE_HEIGHT;
  }
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: panels.map(({ route }, index) => ({
      text: route,
      left: 12,
      top: (tops[index] ?? 0) - 30,
      textStyle: { fontSize: 15 },
    })),
    grid: panels.map(({ bars }, index) => ({
      left: 300,
      right: 70,
      top: tops[index] ?? 0,
      height: bars.length * PANEL_HEIGHT,
    })),
    xAxis: panels.map((_, index) => ({ gridIndex: index, type: 'value', show: false })),
    yAxis: panels.map(({ bars }, index) => ({
      gridIndex: index,
      type: 'category',
      data: bars.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { interval: 0, width: 285, overflow: 'truncate' },
    })),
    series: panels.map(({ bars }, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      data: bars,
      label: {
        show: true,
        position: 'right',
        formatter: ({ value }: { readonly value?: unknown }) =>
          `${Math.round(Number(value) / 1000).toLocaleString('en')} k/s`,
      },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
