import { createRequire } from 'node:module';
import type CliProgress from 'cli-progress';
import type { MultiBar, SingleBar } from 'cli-progress';

/** The bars that are on the terminal, one a resource; `undefined` while there is none. */
let bars: MultiBar | undefined;
let running = 0;

export interface BarPayload {
  readonly resource: string;
  /** What stands behind the bar: records, pace, time left. */
  readonly text: string;
}

/** Adds a bar below the others. Without a total it shows the text alone. */
export function addBar(total: number | undefined, payload: BarPayload): SingleBar {
  bars ??= createBars();
  running += 1;
  const format = total === undefined ? '{resource}  {text}' : '{resource}  {bar} {percentage} %  {text}';
  return bars.create(total ?? 0, 0, payload, { format });
}

/** Ends a bar; when it was the last one, all of them disappear and the terminal is as before. */
export function endBar(bar: SingleBar): void {
  bar.stop();
  running -= 1;
  if (running > 0) return;
  bars?.stop();
  bars = undefined;
}

/** Writes a line above the bars; `false` when there are none. */
export function writeAboveBars(line: string): boolean {
  if (bars === undefined) return false;
  bars.log(line);
  bars.update();
  return true;
}

function createBars(): MultiBar {
  const { MultiBar: Bars, Presets } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  return new Bars(
    { stream: process.stderr, clearOnComplete: true, gracefulExit: false, linewrap: true, forceRedraw: true, fps: 5 },
    Presets.shades_classic,
  );
}
