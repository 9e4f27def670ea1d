import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const app = join(import.meta.dirname, 'app');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Backstage preview</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/static/index.css">
  </head>
  <body><div id="root"></div><script type="module" src="/static/index.js"></script></body>
</html>
`;

const shown = (type: string) => ({ type, visibility: 'frontend' });
const object = (properties: object) => ({ type: 'object', properties });

/** Which part of the configuration reaches the browser; backstage-cli gathers this from all packages. */
const CONFIGURATION_SCHEMA = object({
  app: object({ title: shown('string'), baseUrl: shown('string') }),
  organization: object({ name: shown('string') }),
  backend: object({ baseUrl: shown('string') }),
  auth: object({ environment: shown('string') }),
  permission: object({ enabled: shown('boolean') }),
  integrations: object({ github: { type: 'array', items: object({ host: shown('string') }) } }),
});

/** Builds the frontend into app/dist, as plugin-app-backend serves it. */
export async function buildFrontend(): Promise<void> {
  const dist = join(app, 'dist');
  await rm(dist, { recursive: true, force: true });
  const file = Object.fromEntries(
    ['svg', 'png', 'gif', 'jpg', 'woff', 'woff2', 'ttf', 'eot'].map((ending) => [`.${ending}`, 'file' as const]),
  );
  await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [join(app, 'index.tsx')],
    outdir: join(dist, 'static'),
    publicPath: '/static',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    jsx: 'automatic',
    logLevel: 'error',
    loader: file,
    inject: [join(app, 'node-globals.ts')],
    alias: {
      'node:buffer': 'buffer/',
      'node:path': 'path-browserify',
      'node:process': 'process/browser',
      path: 'path-browserify',
      stream: 'stream-browserify',
    },
    // The form fields are linked, and find what they need here.
    preserveSymlinks: true,
    define: {
      global: 'globalThis',
      'process.env.NODE_ENV': '"production"',
      'process.env.HAS_REACT_DOM_CLIENT': 'true',
      'process.env.APP_CONFIG': 'undefined',
      'process.env.NODE_DEBUG': 'undefined',
      'process.env.BUILD_INFO': '{}',
    },
  });
  await writeFile(join(dist, 'index.html.tmpl'), PAGE);
  await writeFile(join(dist, 'index.html'), PAGE);
  const schemas = [{ path: 'app.json', value: CONFIGURATION_SCHEMA }];
  await writeFile(join(dist, '.config-schema.json'), JSON.stringify({ backstageConfigSchemaVersion: 1, schemas }));
}
