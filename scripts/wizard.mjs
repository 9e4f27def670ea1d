import { launch } from './bootstrap.mjs';

await launch('wizard.ts');
