import { join } from 'node:path';
import { projectDirectory } from '../../scripts/template/definition.ts';
import type { Chosen } from './answers.ts';
import { readTree } from './read-tree.ts';

export const skeleton = join(projectDirectory, 'skeleton');

/** The overlays that these answers are to bring, said here once more, apart from template.yaml. */
export function expectedOverlays({ sources, sinks, engine, quality, orchestrator, state }: Chosen): string[] {
  const systems = new Set([...sources, ...sinks]);
  const keepsSomething = state !== 'postgres' || systems.has('files') || systems.has('delta');
  return [
    'base',
    ...(systems.has('files') || systems.has('delta') ? ['formats/parquet'] : []),
    ...['files', 'postgres', 'delta'].filter((system) => systems.has(system)).map((system) => `connectors/${system}`),
    ...(engine === 'rows' ? [] : [`engines/${engine}`]),
    `samples/${engine}-${quality}`,
    ...sources.map((source) => `samples/${source}`),
    orchestrator === 'airflow' ? 'deploy/airflow' : 'deploy/cronjob',
    ...(orchestrator === 'none' && keepsSomething ? ['deploy/cronjob-volume'] : []),
  ];
}

const pathsByOverlay = new Map<string, readonly string[]>();

/** Paths of all files of an overlay, relative to it. */
export function filesOf(overlay: string): readonly string[] {
  const paths = pathsByOverlay.get(overlay) ?? [...readTree(join(skeleton, overlay)).keys()];
  pathsByOverlay.set(overlay, paths);
  return paths;
}

/** Where a file of an overlay lies in a repository with these answers. */
export function renderedPath(path: string, { name }: Chosen): string {
  return path.replace(/\.njk$/, '').replace('${{ values.pythonName }}', name.replaceAll('-', '_'));
}
