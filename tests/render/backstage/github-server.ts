import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const blobSchema = z.object({ content: z.string(), encoding: z.literal('base64') });
const treeSchema = z.object({
  base_tree: z.string(),
  tree: z.array(z.object({ path: z.string(), mode: z.string(), sha: z.string().nullable() })),
});
const commitSchema = z.object({ message: z.string(), tree: z.string(), parents: z.tuple([z.string()]) });
const refSchema = z.object({ ref: z.string(), sha: z.string() });
const pullSchema = z.object({
  title: z.string(),
  body: z.string(),
  head: z.string(),
  base: z.string(),
  draft: z.boolean(),
});

/** A pull request that was opened. */
export type PullRequest = z.infer<typeof pullSchema>;

/**
 * The part of GitHub's API by which a pull request is made, on git repositories of this machine: blobs, trees, commits and
 * branches are real ones.
 */
export class GitHubServer {
  readonly #folder: string;
  readonly #server: Server;
  readonly pullRequests: PullRequest[] = [];

  /** @param folder has the repositories as `<owner>/<name>` */
  constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      const body = await text(request);
      const answer = this.#answer(
        `${request.method} ${decodeURIComponent(pathname)}`,
        body === '' ? undefined : JSON.parse(body),
      );
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { message: 'Not Found' }));
    });
  }

  /** @returns the address of the API */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(call: string, body: unknown): unknown {
    if (call === 'POST /graphql') return { data: { repository: { ref: null } } };
    const [, method, repository = '', rest = ''] = /^(\w+) \/repos\/([^/]+\/[^/]+)(.*)$/.exec(call) ?? [];
    const git = (args: readonly string[], input: string | Buffer = '', index = '') => {
      const options = { cwd: join(this.#folder, repository), input, encoding: 'utf8', stdio: 'pipe' } as const;
      const author = ['-c', 'user.name=Backstage', '-c', 'user.email=backstage@example.org'];
      return execFileSync('git', [...author, ...args], {
        ...options,
        env: { ...process.env, ...(index === '' ? {} : { GIT_INDEX_FILE: index }) },
      }).trim();
    };
    switch (`${method} ${rest}`) {
      case 'GET ':
        return { default_branch: 'main', permissions: { push: true } };
      case 'GET /commits':
        return [{ sha: git(['rev-parse', 'main']), commit: { tree: { sha: git(['rev-parse', 'main^{tree}']) } } }];
      case 'POST /git/blobs':
        return { sha: git(['hash-object', '-w', '--stdin'], Buffer.from(blobSchema.parse(body).content, 'base64')) };
      case 'POST /git/trees': {
        const { base_tree: base, tree } = treeSchema.parse(body);
        const index = join(this.#folder, 'github-index');
        git(['read-tree', base], '', index);
        const lines = tree.map(({ path, mode, sha }) =>
          sha === null ? `0 ${'0'.repeat(40)}\t${path}` : `${mode} ${sha}\t${path}`,
        );
        git(['update-index', '--index-info'], `${lines.join('\n')}\n`, index);
        return { sha: git(['write-tree'], '', index) };
      }
      case 'POST /git/commits': {
        const { message, tree, parents } = commitSchema.parse(body);
        return { sha: git(['commit-tree', tree, '-p', parents[0], '-m', message]) };
      }
      case 'POST /git/refs': {
        const { ref, sha } = refSchema.parse(body);
        git(['update-ref', ref, sha]);
        return { ref };
      }
      case 'POST /pulls':
        this.pullRequests.push(pullSchema.parse(body));
        return { html_url: `https://github.com/${repository}/pull/1`, number: 1, base: { ref: 'main' } };
      default:
        return rest.startsWith('/contents/') ? {} : undefined;
    }
  }
}
