import { launch } from './bootstrap.mjs';

await launch('test.ts', { development: true });
