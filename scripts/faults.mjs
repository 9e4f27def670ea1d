import { launch } from './bootstrap.mjs';

await launch('faults.ts', { development: true });
