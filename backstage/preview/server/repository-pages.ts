import { coreServices, createBackendPlugin } from '@backstage/backend-plugin-api';
import type { LocalRepositories, RepositoryName } from './local-repositories.ts';

/** Shows local repositories, so that the links of the wizard lead somewhere: lists of files, and files as text. */
export function repositoryPages(repositories: LocalRepositories) {
  return createBackendPlugin({
    pluginId: 'repositories',
    register(registration) {
      registration.registerInit({
        deps: { router: coreServices.httpRouter },
        async init({ router }) {
          router.addAuthPolicy({ path: '/', allow: 'unauthenticated' });
          router.use(async (request, response) => {
            const [owner = '', repository = '', ...rest] = decodeURIComponent(request.path).split('/').filter(Boolean);
            const name = { owner, repository };
            try {
              const paths = await repositories.list(name, rest.join('/'));
              if (paths === undefined) response.type('text/plain').send(await repositories.read(name, rest.join('/')));
              else response.type('html').send(page(name, paths, repositories.folderOf(name)));
            } catch {
              response.status(404).type('text/plain').send(`There is no ${request.path} in ${repositories.folder}`);
            }
          });
        },
      });
    },
  });
}

function page({ owner, repository }: RepositoryName, paths: readonly string[], folder: string): string {
  const root = `/api/repositories/${owner}/${repository}/`;
  const items = paths.map((path) => `<li><a href="${escapeHtml(root + path)}">${escapeHtml(path)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(repository)}</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem }</style>
<main>
<h1>${escapeHtml(`${owner}/${repository}`)}</h1>
<p>Created by the preview in <code>${escapeHtml(folder)}</code></p>
<ul>${items.join('\n')}</ul>
</main>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
