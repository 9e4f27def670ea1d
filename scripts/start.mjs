import { launch } from './bootstrap.mjs';

await launch('start.ts');
