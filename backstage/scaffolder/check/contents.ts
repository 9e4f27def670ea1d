import { z } from 'zod';
import { problemsOf, readYaml } from './documents.ts';
import type { Problem } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';

/** Every repository has these, whatever was chosen. */
const REQUIRED = [
  '.github/workflows/ci.yaml',
  '.gitignore',
  '.template.json',
  'Dockerfile',
  'README.md',
  'catalog-info.yaml',
  'docs/index.md',
  'mkdocs.yml',
  'package-lock.json',
  'package.json',
  'pipeline.yaml',
  'src/main.ts',
  'tsconfig.json',
];

const filled = z.string().trim().min(1, 'is empty');
const connected = z.object({ connection: filled });

const pipelineSchema = z.object({
  name: filled,
  connections: z.record(z.string(), z.object({ type: filled })),
  resources: z
    .record(z.string(), z.object({ definition: filled.optional(), source: connected, sink: connected }))
    .refine((resources) => Object.keys(resources).length > 0, 'has no resource'),
});

const versions = z.record(filled, z.string().regex(/^\d+\.\d+\.\d+/, 'is no exact version'));
const packageSchema = z.object({
  name: filled,
  version: filled,
  description: filled,
  type: z.literal('module'),
  scripts: z.record(filled, filled),
  dependencies: versions,
  devDependencies: versions,
});

const lockSchema = z.object({ name: filled, packages: z.record(z.string(), z.looseObject({})) });

/** Finds files that are missing, or do not say what they must, or do not agree with each other. */
export function findIncompleteContents(files: RepositoryFiles): Problem[] {
  const missing = REQUIRED.filter((path) => !files.has(path)).map((path) => ({ path, message: 'is missing' }));
  return [...missing, ...pipelineProblems(files), ...packageProblems(files)];
}

function pipelineProblems(files: RepositoryFiles): Problem[] {
  const path = 'pipeline.yaml';
  const yaml = readYaml(files.get(path) ?? '');
  if (yaml === undefined) return [];
  const parsed = pipelineSchema.safeParse(yaml.value);
  if (!parsed.success) return problemsOf(path, parsed.error, yaml.lineOf);
  const { connections, resources } = parsed.data;
  const problems: Problem[] = [];
  const refuse = (keys: readonly string[], message: string) =>
    problems.push({ path, line: yaml.lineOf(keys), message });
  for (const [name, { type }] of Object.entries(connections)) {
    const connector = `src/runtime/connectors/${type}`;
    if (files.has(`${connector}/index.ts`) || files.has(`${connector}.ts`)) continue;
    refuse(['connections', name], `connection ${name} is of type ${type}, but ${connector}/ is missing`);
  }
  for (const [name, { definition = name, source, sink }] of Object.entries(resources)) {
    for (const { connection } of [source, sink]) {
      if (!(connection in connections))
        refuse(['resources', name], `resource ${name} uses ${connection}, which is no connection`);
    }
    const file = `src/resources/${definition}.ts`;
    if (!files.has(file)) refuse(['resources', name], `resource ${name} is defined in ${file}, which is missing`);
  }
  return problems;
}

function packageProblems(files: RepositoryFiles): Problem[] {
  const read = (path: string): unknown => {
    try {
      return JSON.parse(files.get(path) ?? '');
    } catch {
      return undefined; // It is missing, or no JSON: that is told elsewhere.
    }
  };
  const [manifest, lock] = [read('package.json'), read('package-lock.json')];
  if (manifest === undefined || lock === undefined) return [];
  const own = packageSchema.safeParse(manifest);
  if (!own.success) return problemsOf('package.json', own.error);
  const locked = lockSchema.safeParse(lock);
  if (!locked.success) return problemsOf('package-lock.json', locked.error);
  const names = Object.keys({ ...own.data.dependencies, ...own.data.devDependencies });
  return names
    .filter((name) => !(`node_modules/${name}` in locked.data.packages))
    .map((name) => ({ path: 'package-lock.json', message: `${name} of package.json is missing` }));
}
