import { launch } from './bootstrap.mjs';

await launch('update.ts');
