import { Readable } from 'node:stream';
import { type ReaderFactory, urlReaderFactoriesServiceRef } from '@backstage/backend-defaults/urlReader';
import { createServiceFactory, type UrlReaderService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { LocalRepositories } from './local-repositories.ts';

const FILE_ON_GITHUB =
  /^https:\/\/github\.com\/(?<owner>[^/]+)\/(?<repository>[^/]+)\/(?:blob|tree|raw)\/main\/(?<path>.+)$/;

/** Reads addresses of files on GitHub from local repositories: what a wizard has just created can be registered. */
export function urlReader(repositories: LocalRepositories) {
  const reader = createReader(repositories);
  const factory: ReaderFactory = () => [{ reader, predicate: ({ hostname }) => hostname === 'github.com' }];
  return createServiceFactory({ service: urlReaderFactoriesServiceRef, deps: {}, factory: () => factory });
}

function createReader(repositories: LocalRepositories): UrlReaderService {
  const read = async (url: string): Promise<Buffer> => {
    const { owner, repository, path } = FILE_ON_GITHUB.exec(url)?.groups ?? {};
    if (owner === undefined || repository === undefined || path === undefined) throw notHere(url);
    return repositories.read({ owner, repository }, path).catch(() => {
      throw notHere(url);
    });
  };
  return {
    async readUrl(url) {
      const contents = await read(url);
      return { buffer: async () => contents, stream: () => Readable.from([contents]) };
    },
    async search(url) {
      const contents = await read(url);
      return { files: [{ url, content: async () => contents }], etag: '' };
    },
    readTree: (url) => Promise.reject(notHere(url)),
  };
}

function notHere(url: string): NotFoundError {
  return new NotFoundError(`${url}: this preview reads only repositories that it has created`);
}
