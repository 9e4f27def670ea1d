import { launch } from './bootstrap.mjs';

await launch('bench.ts', { development: true });
