// Preloaded into each process of a service under measurement: adds to a file the longest time, in milliseconds, that its
// event loop did not turn. The first second is left out: in it Node loads the modules.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
setTimeout(() => delay.enable(), 1000 - performance.now()).unref();
process.on('exit', () => appendFileSync(process.env.EVENT_LOOP_FILE, `${delay.max / 1e6}\n`));
