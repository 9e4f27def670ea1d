import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { findProblems } from '../../backstage/scaffolder/check/check-repository.ts';
import { ERROR_CODES, EXIT_CODES } from '../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { type Chosen, describeAnswers, pairwiseCombinations } from './answers.ts';
import { textsOf } from './texts.ts';

interface Repository {
  readonly answers: Chosen;
  readonly files: ReadonlyMap<string, string>;
  read(path: string): string;
}

const repositories: readonly Repository[] = pairwiseCombinations().map((answers) => {
  const files = textsOf(answers);
  const read = (path: string) => files.get(path) ?? expect.fail(`${describeAnswers(answers)}: no ${path}`);
  return { answers, files, read };
});

/** Runs the same expectations on every repository and names the one that does not meet them. */
function eachRepository(check: (repository: Repository) => void): void {
  expect(repositories.length).toBeGreaterThan(10);
  for (const repository of repositories) {
    try {
      check(repository);
    } catch (error) {
      throw new Error(describeAnswers(repository.answers), { cause: error });
    }
  }
}

function pages({ files }: Repository): [path: string, text: string][] {
  return [...files].filter(([path]) => path.endsWith('.md'));
}

/** The text without code, where brackets and hashes mean other things. */
function prose(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
}

function anchors(text: string): string[] {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) => heading,
  );
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** First cells of the rows of the table below a heading, and the second ones. */
function table(text: string, heading: string): Map<string, string> {
  const section = text.split(new RegExp(`^#+ ${heading}$`, 'm'))[1]?.split(/^#/m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  const cells = rows.slice(1).map((row) => row.split('|').map((cell) => cell.trim()));
  return new Map(cells.map(([, first = '', second = '']) => [first.replaceAll('`', ''), second]));
}

it('passes the check of the wizard, whatever was chosen', () => {
  eachRepository(({ files }) => {
    const rendered = [...files].filter(([path]) => !path.startsWith('data/'));
    expect(findProblems(new Map(rendered))).toEqual([]);
  });
});

describe('the documents of every repository', () => {
  it('link to pages and headings that are there', () => {
    eachRepository(({ files, ...repository }) => {
      for (const [path, text] of pages({ files, ...repository })) {
        for (const [, target = ''] of prose(text).matchAll(/\]\(([^)]+)\)/g)) {
          if (/^https?:/.test(target)) continue;
          const [page = '', anchor] = target.split('#');
          const destination = page === '' ? path : join(path, '..', page);
          expect(files.has(destination), `${path} links to ${target}`).toBe(true);
          if (anchor !== undefined)
            expect(anchors(files.get(destination) ?? ''), `${path} links to ${target}`).toContain(anchor);
        }
      }
    });
  });

  it('are all in the navigation of TechDocs, and nothing else is', () => {
    const Page = z.record(z.string(), z.union([z.string(), z.array(z.record(z.string(), z.string()))]));
    eachRepository((repository) => {
      const { nav, plugins } = z
        .object({ nav: z.array(Page), plugins: z.array(z.string()) })
        .parse(parse(repository.read('mkdocs.yml')));
      const linked = nav
        .flatMap((page) => Object.values(page).flat())
        .flatMap((page) => (typeof page === 'string' ? page : Object.values(page)));
      const there = pages(repository)
        .map(([path]) => path)
        .filter((path) => path.startsWith('docs/'));
      expect(linked.map((page) => `docs/${page}`).toSorted()).toEqual(there.toSorted());
      expect(plugins).toContain('techdocs-core');
    });
  });

  it('draw diagrams that are whole', () => {
    eachRepository((repository) => {
      const diagrams = pages(repository).flatMap(([, text]) => [...text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)]);
      expect(diagrams.length).toBeGreaterThanOrEqual(6);
      for (const [, diagram = ''] of diagrams) {
        expect(diagram).toMatch(/^(flowchart (TB|LR)|classDiagram|sequenceDiagram)\n/);
        const lines = diagram.split('\n').map((line) => line.trim());
        const opened = lines.filter((line) => /^(subgraph|loop)\b/.test(line)).length;
        expect(
          lines.filter((line) => line === 'end'),
          diagram,
        ).toHaveLength(opened);
        const outside = diagram.replaceAll(/"[^"\n]*"/g, '');
        for (const [open, close] of ['[]', '{}', '()']) {
          expect(outside.split(open ?? '').length, diagram).toBe(outside.split(close ?? '').length);
        }
      }
    });
  });

  it('speak of what was chosen only', () => {
    eachRepository((repository) => {
      const { sources, sinks, orchestrator, airflowOperator, engine } = repository.answers;
      const systems = [...sources, ...sinks];
      const shown = ['README.md', 'docs/index.md', 'docs/architecture.md', 'docs/deployment.md', 'docs/runbook.md']
        .map((path) => repository.read(path))
        .join('\n')
        .replaceAll(/^.*Continuous integration.*$/gm, '');
      const mentions: [word: RegExp, chosen: boolean][] = [
        [/PostgreSQL|_DATABASE_URL/, systems.includes('postgres')],
        [/Delta|LAKE_PATH/, systems.includes('delta')],
        [/EXPORTS_PATH/, sinks.includes('files')],
        [/landing/, sources.includes('files')],
        [/Airflow|airflow/, orchestrator === 'airflow'],
        [/Fargate/, airflowOperator === 'ecs'],
        [/CronJob/, orchestrator === 'none'],
        [/kubectl/, orchestrator === 'none' || airflowOperator === 'kubernetes'],
        [/Polars/, engine === 'polars'],
        [/DuckDB/, engine === 'duckdb'],
        [/ALERT_WEBHOOK/, repository.answers.alertWebhook !== 'none'],
      ];
      for (const [word, chosen] of mentions) expect(word.test(shown), `${word}`).toBe(chosen);
    });
  });
});

describe('the runbook', () => {
  it('tells every exit code, and whether it is tried again', () => {
    eachRepository((repository) => {
      const codes = table(repository.read('docs/runbook.md'), 'Exit codes');
      expect([...codes.keys()].map(Number).toSorted((a, b) => a - b)).toEqual(
        Object.values(EXIT_CODES).toSorted((a, b) => a - b),
      );
    });
  });

  it('tells every error code with its exit code', () => {
    eachRepository((repository) => {
      const codes = table(repository.read('docs/runbook.md'), 'Error codes');
      expect(Object.fromEntries(codes)).toEqual({
        ...Object.fromEntries(Object.entries(ERROR_CODES).map(([code, exit]) => [code, String(exit)])),
        KILLED: '',
      });
    });
  });

  it('has a section for every monitor, and no other', () => {
    eachRepository((repository) => {
      const monitors = z
        .array(z.object({ name: z.string() }))
        .parse(JSON.parse(repository.read('deploy/datadog/monitors.json')));
      const names = monitors.map(({ name }) =>
        name
          .replace(/^\[.*?\] /, '')
          .replace('{{resource.name}}', 'a resource')
          .replace(/ for \d+ hours$/, '')
          .toLowerCase(),
      );
      const sections = repository.read('docs/runbook.md').split('\n## Monitors\n')[1]?.split('\n## ')[0] ?? '';
      expect(
        [...sections.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase()).toSorted(),
      ).toEqual(names.toSorted());
    });
  });
});

it('every variable that pipeline.yaml takes from the environment is told wherever it is set', () => {
  eachRepository((repository) => {
    const used = new Set([...repository.read('pipeline.yaml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name));
    const own = (text: string) =>
      new Set([...text.matchAll(/\b(\w+_(?:URL|SECRET|PATH))\b/g)].map(([, name = '']) => name));
    for (const path of ['.env.example', 'README.md', 'docs/deployment.md']) {
      expect(own(repository.read(path)), path).toEqual(used);
    }
    if (repository.answers.orchestrator !== 'none') return;
    const delivered = own(
      repository.read('deploy/kubernetes/cronjob.yaml') + repository.read('deploy/kubernetes/configmap.yaml'),
    );
    for (const name of used) expect(delivered, 'deploy/kubernetes').toContain(name);
  });
});

it('the catalog entity is complete and leads to what is there', () => {
  const Entity = z.object({
    apiVersion: z.literal('backstage.io/v1alpha1'),
    kind: z.literal('Component'),
    metadata: z.object({
      name: z.string().regex(/^[a-z0-9-]{3,63}$/),
      description: z.string().min(1),
      annotations: z.record(z.string(), z.string()),
      tags: z.array(z.string().regex(/^[a-z0-9+#]+(-[a-z0-9+#]+)*$/)),
      links: z.array(z.object({ title: z.string(), url: z.url(), icon: z.string() })),
    }),
    spec: z.strictObject({
      type: z.literal('service'),
      lifecycle: z.string(),
      owner: z.string(),
      system: z.string().optional(),
    }),
  });
  eachRepository((repository) => {
    const { answers } = repository;
    const { metadata, spec } = Entity.parse(parse(repository.read('catalog-info.yaml')));
    expect(metadata).toMatchObject({ name: answers.name, description: answers.description });
    expect(spec).toMatchObject({ owner: answers.owner, lifecycle: answers.lifecycle });
    expect(spec.system).toBe(answers.system);
    expect(metadata.annotations).toMatchObject({
      'backstage.io/techdocs-ref': 'dir:.',
      'datadoghq.com/site': answers.datadogSite,
    });
    expect(metadata.annotations['github.com/project-slug']).toBe(
      answers.repoUrl === undefined ? undefined : 'acme/orders',
    );
    expect(metadata.annotations['backstage.io/source-location']).toBe(
      answers.repoUrl === undefined ? undefined : 'url:https://github.com/acme/orders/',
    );
    expect(metadata.annotations['backstage.io/kubernetes-id']).toBe(
      answers.orchestrator === 'none' ? answers.name : undefined,
    );
  });
});
