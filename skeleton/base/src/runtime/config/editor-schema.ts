import { basename } from 'node:path';
import { z } from 'zod';
import type { RegisteredConnector } from '../connectors/connector.ts';
import type { ConnectorFiles } from '../connectors/registry.ts';
import type { JsonSchema } from './json-schema.ts';
import { connectionModel, pipelineModel, sinkModel, sourceModel } from './model.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';
/** What an editor accepts in the place of a number, a truth value or a choice. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' };
/** Of a connector that cannot be a source, or a sink. */
const NOTHING: JsonSchema = { not: {} };

/**
 * The JSON Schema of pipeline.yaml for editors: file contents by path below src/runtime. One file for each connector,
 * so that a repository has those of its connectors, and one that refers to them.
 */
export function editorSchemas(
  connectors: ReadonlyMap<string, RegisteredConnector>,
  files: ConnectorFiles,
): Map<string, string> {
  const schemas = new Map<string, string>();
  const references: string[] = [];
  for (const [type, connector] of connectors) {
    const path = `connectors/${optionsFile(type, files.get(type) ?? '')}`;
    references.push(`../${path}`);
    schemas.set(path, toText(optionsSchema(connector)));
  }
  schemas.set('config/pipeline.schema.json', toText(pipelineSchema(references)));
  return schemas;
}

/** Beside the code of the connector: in its folder, or with its name where it is a single file. */
function optionsFile(type: string, file: string): string {
  return basename(file) === 'index.ts' ? `${type}/options.schema.json` : `${type}.options.schema.json`;
}

/** What the file of one connector defines: its connection, and what it takes as a source and as a sink. */
function optionsSchema({ type, connection, source, sink }: RegisteredConnector): JsonSchema {
  const typeOption = { ...toSchema(connectionModel).properties, type: { const: type } };
  const merge = (options: z.ZodType, own: JsonSchema['properties'], required: string): JsonSchema =>
    addOptions(toSchema(options, allowReference), own, required);
  return {
    $schema: DRAFT,
    definitions: {
      connection: merge(connection, typeOption, 'type'),
      source: source === undefined ? NOTHING : merge(source.options, toSchema(sourceModel).properties, 'connection'),
      sink: sink === undefined ? NOTHING : merge(sink.options, sinkProperties(sink.modes), 'connection'),
    },
  };
}

function sinkProperties(modes: readonly string[]): JsonSchema['properties'] {
  const { mode, key, ...others } = toSchema(sinkModel).properties ?? {};
  const allowed = typeof mode === 'object' ? { ...mode, enum: [...modes] } : undefined;
  return { ...others, ...(allowed && { mode: allowed }), ...(modes.includes('merge') && key && { key }) };
}

/** @param files those of the connectors, relative to that of this schema */
export function pipelineSchema(files: readonly string[]): JsonSchema {
  const definitions = new Map<unknown, string>([
    [connectionModel, 'connection'],
    [sourceModel, 'source'],
    [sinkModel, 'sink'],
  ]);
  const schema = toSchema(pipelineModel, (model, { description }) => {
    const name = definitions.get(model);
    return name && { description, anyOf: files.map((file) => ({ $ref: `${file}#/definitions/${name}` })) };
  });
  return { title: 'pipeline.yaml', ...schema };
}

export function toText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** Gives what stands in the place of a part of a schema; nothing: it stays as it is. */
type Replace = (model: unknown, schema: JsonSchema) => JsonSchema | '' | undefined;

function toSchema(model: z.ZodType, replace?: Replace): JsonSchema {
  return z.toJSONSchema(model, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const replacement = onlyReference(jsonSchema) ?? replace?.(zodSchema, { ...jsonSchema });
      if (!replacement) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, replacement);
    },
  });
}

/** A secret is never spelled out. */
function onlyReference({ writeOnly, description }: JsonSchema): JsonSchema | undefined {
  return writeOnly === true ? { description, writeOnly, ...REFERENCE } : undefined;
}

/** An option that does not take any text can be given by the environment all the same. */
function allowReference(_: unknown, schema: JsonSchema): JsonSchema | undefined {
  const { description, default: standard, ...rest } = schema;
  const scalar = ['number', 'integer', 'boolean'].includes(String(rest.type)) || rest.enum !== undefined;
  const restricted = scalar || rest.pattern !== undefined || rest.format !== undefined;
  return restricted ? { description, default: standard, anyOf: [rest, REFERENCE] } : undefined;
}

/** The options of a connector together with those of the runtime; where there are alternatives, in each of them. */
function addOptions(schema: JsonSchema, own: JsonSchema['properties'], required: string): JsonSchema {
  const { $schema: _, ...rest } = schema;
  const alternatives = rest.anyOf ?? rest.oneOf;
  if (alternatives !== undefined) {
    return { ...rest, anyOf: alternatives.map((branch) => addOptions(branch, own, required)), oneOf: undefined };
  }
  return { ...rest, properties: { ...own, ...rest.properties }, required: [required, ...(rest.required ?? [])] };
}
