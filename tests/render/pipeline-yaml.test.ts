import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editorSchemas } from '../../skeleton/base/src/runtime/config/editor-schema.ts';
import { loadConfig } from '../../skeleton/base/src/runtime/config/load.ts';
import { type PipelineModel, pipelineModel } from '../../skeleton/base/src/runtime/config/model.ts';
import { findConnectors, loadConnectors } from '../../skeleton/base/src/runtime/connectors/registry.ts';
import { type Chosen, describeAnswers, pairwiseCombinations } from './answers.ts';
import { skeleton } from './overlays.ts';
import { renderInProcess, temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const pipelines: [title: string, answers: Chosen, pipeline: PipelineModel][] = [];

beforeAll(async () => {
  for (const answers of pairwiseCombinations()) {
    const target = join(folder, String(pipelines.length));
    await renderInProcess(answers, target);
    const text = readFileSync(join(target, 'pipeline.yaml'), 'utf8');
    pipelines.push([describeAnswers(answers), answers, pipelineModel.parse(parse(text))]);
  }
}, 120_000);

/** The folders of these connectors in the skeleton, where their dependencies are installed. */
function foldersOf({ sources, sinks }: Chosen): string[] {
  const types = [...new Set([...sources, ...sinks])].sort();
  return types.map((type) => join(skeleton, 'connectors', type, 'src/runtime/connectors'));
}

it('the runtime finds it right, without the environment', async () => {
  for (const [index, [title, answers]] of pipelines.entries()) {
    const path = join(folder, String(index), 'pipeline.yaml');
    const config = await loadConfig(path, { connectorDirectories: foldersOf(answers) });
    expect(config.name, title).toBe(answers.name);
  }
});

it('the JSON Schema beside it is that of its connectors', async () => {
  for (const [index, [title, answers]] of pipelines.entries()) {
    const files = await findConnectors(foldersOf(answers));
    for (const [path, schema] of editorSchemas(await loadConnectors(files), files)) {
      expect(readFileSync(join(folder, String(index), 'src/runtime', path), 'utf8'), `${title} ${path}`).toBe(schema);
    }
  }
});

const SOURCES: Record<string, string> = { files: 'landing', postgres: 'shop' };
const SINKS: Record<string, string> = { files: 'exports', delta: 'lake', postgres: 'warehouse' };

it('every source and sink is connected, and nothing else', () => {
  for (const [title, { name, sources, sinks }, pipeline] of pipelines) {
    expect(pipeline.name, title).toBe(name);
    const types = Object.fromEntries(Object.entries(pipeline.connections).map(([key, { type }]) => [key, type]));
    expect(types, title).toEqual({
      ...Object.fromEntries(sources.map((system) => [SOURCES[system], system])),
      ...Object.fromEntries(sinks.map((system) => [SINKS[system], system])),
    });
  }
});

it('the first source goes to every sink, every further source to the first sink, each through the sample resource', () => {
  for (const [title, { sources, sinks }, pipeline] of pipelines) {
    const moves = Object.entries(pipeline.resources).map(([name, { source, sink, definition }]) => [
      name,
      source.connection,
      sink.connection,
      definition ?? name,
    ]);
    const [firstSource = '', ...moreSources] = sources;
    const [firstSink = '', ...moreSinks] = sinks;
    expect(moves, title).toEqual([
      ['orders', SOURCES[firstSource], SINKS[firstSink], 'orders'],
      ...moreSinks.map((sink) => [`orders_to_${sink}`, SOURCES[firstSource], SINKS[sink], 'orders']),
      ...moreSources.map((source) => [`orders_from_${source}`, SOURCES[source], SINKS[firstSink], 'orders']),
    ]);
  }
});

it('no two resources write to the same place', () => {
  for (const [title, , pipeline] of pipelines) {
    const places = Object.values(pipeline.resources).map(({ sink }) => `${sink.connection} ${sink.table}`);
    expect(new Set(places).size, title).toBe(places.length);
  }
});

it('a full load replaces; an incremental one merges by key where the sink can, and appends elsewhere', () => {
  for (const [title, { mode }, pipeline] of pipelines) {
    for (const resource of Object.values(pipeline.resources)) {
      expect(resource.mode, title).toBe(mode);
      const merges = resource.sink.connection === 'warehouse';
      expect(resource.sink.mode, title).toBe(mode === 'full' ? 'replace' : merges ? 'merge' : 'append');
      if (resource.sink.mode === 'merge') expect(resource.sink.key, title).toEqual(['order_id']);
      const asksForNew = mode === 'incremental' && resource.source.connection === 'shop';
      expect(resource.incremental, title).toEqual(
        asksForNew ? expect.objectContaining({ cursor: 'updated_at', key: ['order_id'] }) : undefined,
      );
    }
  }
});

it('schema evolution and alerts are as answered', () => {
  for (const [title, { schemaEvolution, alertWebhook }, pipeline] of pipelines) {
    for (const resource of Object.values(pipeline.resources))
      expect(resource.schemaEvolution, title).toBe(schemaEvolution);
    expect(pipeline.alerts.webhook?.template, title).toBe(alertWebhook === 'none' ? undefined : alertWebhook);
  }
});
