import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editorSchemas } from '../../skeleton/base/src/runtime/config/editor-schema.ts';
import { loadConfig } from '../../skeleton/base/src/runtime/config/load.ts';
import { pipelineModel } from '../../skeleton/base/src/runtime/config/model.ts';
import { findConnectors, loadConnectors } from '../../skeleton/base/src/runtime/connectors/registry.ts';
import { type Chosen, describeAnswers, pairwiseCombinations } from './answers.ts';
import { skeleton } from './overlays.ts';
import { temporaryFolder } from './renderer.ts';
import { textsOf } from './texts.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const pipelines = pairwiseCombinations().map((answers) => {
  const texts = textsOf(answers);
  const text = texts.get('pipeline.yaml') ?? '';
  return { title: describeAnswers(answers), answers, texts, text, pipeline: pipelineModel.parse(parse(text)) };
});

/** The folders of these connectors in the skeleton, where their dependencies are installed. */
function foldersOf({ sources, sinks }: Chosen): string[] {
  const types = [...new Set([...sources, ...sinks])].sort();
  return types.map((type) => join(skeleton, 'connectors', type, 'src/runtime/connectors'));
}

it('the runtime finds it right, without the environment', async () => {
  const path = join(folder, 'pipeline.yaml');
  for (const { title, answers, text } of pipelines) {
    writeFileSync(path, text);
    const config = await loadConfig(path, { connectorDirectories: foldersOf(answers) });
    expect(config.name, title).toBe(answers.name);
  }
});

it('the JSON Schema beside it is that of its connectors', async () => {
  for (const { title, answers, texts } of pipelines) {
    const files = await findConnectors(foldersOf(answers));
    for (const [path, schema] of editorSchemas(await loadConnectors(files), files)) {
      expect(texts.get(join('src/runtime', path)), `${title} ${path}`).toBe(schema);
    }
  }
});

const SOURCES: Record<string, string> = { files: 'landing', postgres: 'shop' };
const SINKS: Record<string, string> = { files: 'exports', delta: 'lake', postgres: 'warehouse' };

it('every source and sink is connected, and nothing else', () => {
  for (const { title, answers, pipeline } of pipelines) {
    const { name, sources, sinks } = answers;
    expect(pipeline.name, title).toBe(name);
    const types = Object.fromEntries(Object.entries(pipeline.connections).map(([key, { type }]) => [key, type]));
    expect(types, title).toEqual({
      ...Object.fromEntries(sources.map((system) => [SOURCES[system], system])),
      ...Object.fromEntries(sinks.map((system) => [SINKS[system], system])),
    });
  }
});

it('the first source goes to every sink, every further source to the first sink, each through the sample resource', () => {
  for (const { title, answers, pipeline } of pipelines) {
    const { sources, sinks } = answers;
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
  for (const { title, pipeline } of pipelines) {
    const places = Object.values(pipeline.resources).map(({ sink }) => `${sink.connection} ${sink.table}`);
    expect(new Set(places).size, title).toBe(places.length);
  }
});

it('a full load replaces; an incremental one appends, or merges by key into PostgreSQL', () => {
  for (const { title, answers, pipeline } of pipelines) {
    const { mode, cursor = 'updated_at', exportFormat = 'parquet', warehouseMode = 'merge' } = answers;
    for (const resource of Object.values(pipeline.resources)) {
      expect(resource.mode, title).toBe(mode);
      const merges = resource.sink.connection === 'warehouse' && warehouseMode === 'merge';
      expect(resource.sink.mode, title).toBe(mode === 'full' ? 'replace' : merges ? 'merge' : 'append');
      if (resource.sink.connection === 'exports') expect(resource.sink.format, title).toBe(exportFormat);
      if (resource.sink.mode === 'merge') expect(resource.sink.key, title).toEqual(['order_id']);
      const asksForNew = mode === 'incremental' && resource.source.connection === 'shop';
      expect(resource.incremental, title).toEqual(
        asksForNew ? expect.objectContaining({ cursor, key: ['order_id'] }) : undefined,
      );
    }
  }
});

it('schema evolution and alerts are as answered', () => {
  for (const { title, answers, pipeline } of pipelines) {
    const { schemaEvolution, alertWebhook } = answers;
    for (const resource of Object.values(pipeline.resources))
      expect(resource.schemaEvolution, title).toBe(schemaEvolution);
    expect(pipeline.alerts.webhook?.template, title).toBe(alertWebhook === 'none' ? undefined : alertWebhook);
  }
});
