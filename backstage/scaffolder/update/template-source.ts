import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UrlReaderService } from '@backstage/backend-plugin-api';
import type { ScmIntegrations } from '@backstage/integration';
import { fetchContents } from '@backstage/plugin-scaffolder-node';
import { UpdateError } from '../../../scripts/update/update-error.ts';

/** What reads repositories for the scaffolder, with the credentials of the company's integrations. */
export interface Sources {
  readonly reader: UrlReaderService;
  readonly integrations: ScmIntegrations;
}

interface Location {
  /** Of the template that runs the action: what is fetched lies beside it. */
  readonly baseUrl: string;
  /** Of the template's folder at a version, with `{version}` in it; default: at the tag `v{version}`. */
  readonly versionUrl: string | undefined;
  /** To fetch into. */
  readonly folder: string;
}

/** Where the template lies on this machine, as it is now and as it was at a version. */
export interface TemplateFolders {
  readonly directory: string;
  /** Missing where the tags of `directory` tell. */
  readonly previousDirectory: string | undefined;
}

/** Brings the template to this machine, as it is where it is registered, and as it was at a version. */
export async function fetchTemplate(
  version: string,
  { baseUrl, versionUrl, folder }: Location,
  sources: Sources,
): Promise<TemplateFolders> {
  const local = baseUrl.startsWith('file:');
  const directory = local ? dirname(fileURLToPath(baseUrl)) : join(folder, 'template');
  if (!local) await fetchContents({ ...sources, baseUrl, fetchUrl: '.', outputPath: directory });
  if (local && versionUrl === undefined) return { directory, previousDirectory: undefined };
  const fetchUrl = versionUrl?.replaceAll('{version}', version) ?? urlAtTag(baseUrl, `v${version}`);
  const previousDirectory = join(folder, 'previous-template');
  try {
    await fetchContents({ ...sources, fetchUrl, outputPath: previousDirectory });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NotFoundError') throw error;
    throw new UpdateError(
      `The repository was made by version ${version} of the template, which is not at ${fetchUrl}: push the tag v${version} there, or say where it is with versionUrl.`,
    );
  }
  return { directory, previousDirectory };
}

/**
 * The folder of a file at another tag, by the addresses that GitHub and GitLab have.
 *
 * @throws UpdateError for other addresses
 */
export function urlAtTag(url: string, tag: string): string {
  const [, repository, folder = ''] =
    /^(https?:\/\/[^/]+\/.+?)\/(?:-\/)?(?:tree|blob)\/[^/]+(\/(?:.*\/)?)?[^/]*$/.exec(url) ?? [];
  if (repository === undefined) {
    throw new UpdateError(`Where ${url} has its tags is not known here: say it with versionUrl.`);
  }
  return `${repository}/${url.includes('/-/') ? '-/' : ''}tree/${tag}${folder}`;
}
