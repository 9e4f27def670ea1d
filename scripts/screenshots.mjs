import { launch } from './bootstrap.mjs';

await launch('screenshots.ts', { development: true });
