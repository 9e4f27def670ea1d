import { launch } from './bootstrap.mjs';

await launch('dry-run.ts');
