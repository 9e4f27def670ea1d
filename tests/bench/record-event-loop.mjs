// Preloaded into each process of a service under measurement: adds a line to a file with the longest time that its event
// loop did not turn, and the most processor time that its thread took between two turns, both in milliseconds. The first
// second is left out: in it Node loads the modules.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
let most = 0;
let before = Number.POSITIVE_INFINITY;

function look() {
  const { user, system } = process.threadCpuUsage();
  const now = (user + system) / 1000;
  most = Math.max(most, now - before);
  before = now;
}

function begin() {
  delay.enable();
  setInterval(look, RESOLUTION).unref();
}

setTimeout(begin, 1000 - performance.now()).unref();
process.on('exit', () => appendFileSync(process.env.EVENT_LOOP_FILE, `${delay.max / 1e6} ${most}\n`));
