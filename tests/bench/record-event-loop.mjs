// Preloaded into a service under measurement: leaves in a file the longest time, in milliseconds, that its event loop
// did not turn. The first second is left out: in it Node loads the modules.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
setTimeout(() => delay.enable(), 1000 - performance.now()).unref();
process.on('exit', () => writeFileSync(process.env.EVENT_LOOP_FILE, String(delay.max / 1e6)));
