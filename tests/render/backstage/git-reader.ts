import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type ReaderFactory, urlReaderFactoriesServiceRef } from '@backstage/backend-defaults/urlReader';
import { createServiceFactory, type UrlReaderService } from '@backstage/backend-plugin-api';

const ADDRESS = /^\/(?<repository>[^/]+\/[^/]+)(?:\/(?:tree|src\/tag)\/(?<reference>[^/]+))?(?<path>\/.*)?$/;

/**
 * Lets a backend read git repositories of this machine under the addresses of GitHub and of another host: what the tests
 * commit there is what Backstage finds at `https://github.com/<owner>/<name>/tree/<reference>`.
 *
 * @param folder has the repositories as `<owner>/<name>`
 */
export function gitReader(folder: string) {
  const createReader: ReaderFactory = ({ treeResponseFactory }) => {
    const unused = () => Promise.reject(new Error('Only folders are read'));
    const reader: UrlReaderService = {
      readUrl: unused,
      search: unused,
      async readTree(url) {
        const { repository = '', reference = 'HEAD', path = '' } = ADDRESS.exec(new URL(url).pathname)?.groups ?? {};
        const directory = join(folder, repository);
        const tree = `${reference}:${path.replaceAll(/^\/|\/$/g, '')}`;
        const etag = resolve(directory, tree);
        const { stdout } = spawn('git', ['-C', directory, 'archive', '--prefix=repository/', tree]);
        return treeResponseFactory.fromTarArchive({ stream: stdout, etag });
      },
    };
    return [{ predicate: ({ host }) => ['github.com', 'git.example.com'].includes(host), reader }];
  };
  return createServiceFactory({ service: urlReaderFactoriesServiceRef, deps: {}, factory: () => createReader });
}

/** @throws Error as a reader of Backstage does for what is not there */
function resolve(directory: string, tree: string): string {
  try {
    return execFileSync('git', ['-C', directory, 'rev-parse', '--verify', tree], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw Object.assign(new Error(`${directory} has no ${tree}`, { cause: error }), { name: 'NotFoundError' });
  }
}
