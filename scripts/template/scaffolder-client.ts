import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { Answers } from './answers.ts';

const Created = z.object({ id: z.string() });
const Refused = z.object({ errors: z.array(z.object({ stack: z.string() })) });
const Failed = z.object({ error: z.object({ message: z.string() }) });
const Task = z.object({ status: z.string() });
const Output = z.record(z.string(), z.unknown());
const Events = z.array(z.object({ body: z.looseObject({ message: z.string(), output: Output.optional() }) }));
const Actions = z.array(z.object({ id: z.string() }));
const DryRun = z.object({
  log: Events,
  directoryContents: z.array(z.object({ path: z.string(), base64Content: z.string() })),
  output: Output,
});

/** A template, what it lies beside, and answers to it. */
export interface DryRunRequest {
  /** The template as it is in its file. */
  readonly template: unknown;
  readonly answers: Answers;
  /** Files beside the template by their paths. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** What a template would make. */
export interface DryRunResult {
  /** Files of the workspace by their paths. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly output: Readonly<Record<string, unknown>>;
  readonly log: readonly string[];
}

/** The API of a scaffolder backend, of this machine or of a company. */
export class ScaffolderClient {
  readonly #url: string;
  readonly #token: string;

  /** @param url of the Backstage backend, without a path */
  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  /**
   * Runs a template of the catalog as a task and waits for its end.
   *
   * @returns the output of the template
   * @throws Error with the scaffolder's own words when it refuses the answers or a step fails
   */
  async run(
    templateRef: string,
    values: Answers,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<z.infer<typeof Output>> {
    const { id } = Created.parse(await this.#request('tasks', { templateRef, values, secrets }));
    for (;;) {
      const { status } = Task.parse(await this.#request(`tasks/${id}`));
      if (['completed', 'failed', 'cancelled'].includes(status)) {
        const events = Events.parse(await this.#request(`tasks/${id}/events`));
        if (status === 'completed') return events.at(-1)?.body.output ?? {};
        throw new Error(`The scaffolder failed.\n${explain(messagesOf(events)).join('\n')}`);
      }
      await delay(20);
    }
  }

  /**
   * Lets a template make its files and nothing else: steps that publish or register are left out by the scaffolder.
   *
   * @throws Error with the scaffolder's own words when it refuses the answers or a step fails
   */
  async dryRun({ template, answers, files }: DryRunRequest): Promise<DryRunResult> {
    const directoryContents = [...files].map(([path, content]) => ({
      path,
      base64Content: content.toString('base64'),
    }));
    const body = { template, values: answers, secrets: {}, directoryContents };
    const { log, output, ...made } = DryRun.parse(await this.#request('dry-run', body));
    return {
      files: new Map(
        made.directoryContents.map(({ path, base64Content }) => [path, Buffer.from(base64Content, 'base64')]),
      ),
      output,
      log: messagesOf(log),
    };
  }

  /** Ids of the actions that are installed. */
  async actions(): Promise<readonly string[]> {
    return Actions.parse(await this.#request('actions')).map(({ id }) => id);
  }

  async #request(path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/scaffolder/v2/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    const refused = Refused.safeParse(answer);
    if (refused.success) {
      const reasons = refused.data.errors.map(({ stack }) => stack);
      throw new Error(`The scaffolder refuses the answers: ${reasons.join('; ')}`);
    }
    throw new Error(
      `The scaffolder failed: ${Failed.safeParse(answer).data?.error.message ?? `HTTP ${response.status}`}`,
    );
  }
}

function messagesOf(events: z.infer<typeof Events>): string[] {
  return events.map(({ body }) => stripVTControlCharacters(body.message));
}

/** Names of the steps and what went wrong, without the lines about each file. */
function explain(messages: readonly string[]): readonly string[] {
  return messages.filter((message) => !/^(info: |Skipping step )/.test(message));
}
