import { launch } from './bootstrap.mjs';

await launch('create.ts');
