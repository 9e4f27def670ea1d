import type { RegisteredConnector } from '../connectors/connector.ts';
import { isMap, placed, valueAt } from './check-part.ts';
import { explainBadReference, hasReference, referenceDefaults } from './environment.ts';
import { isSecret, jsonSchemaOf } from './json-schema.ts';
import { pipelineModel } from './model.ts';
import type { ConfigProblem, ValuePath } from './problems.ts';
import { hasLiteralPassword } from './secrets.ts';
import type { YamlFile } from './yaml-file.ts';

const SECRET_HINT = 'put it into an environment variable and write ${NAME} here';

/** Finds secrets that are spelled out, and references to the environment that nobody would resolve. */
export function checkReferences(file: YamlFile, connectors: ReadonlyMap<string, RegisteredConnector>): ConfigProblem[] {
  const model = jsonSchemaOf(pipelineModel);
  const problems: ConfigProblem[] = [];
  for (const [path, text] of textsIn(file.value)) {
    const message = explain(path, text, isSecret(model, path) || isConnectionSecret(file, connectors, path));
    if (message !== undefined) problems.push(placed(file, { path, ...message }));
  }
  return problems;
}

function explain(path: ValuePath, text: string, secret: boolean): { message: string; hint?: string } | undefined {
  const bad = explainBadReference(text);
  if (bad !== undefined) return { message: bad };
  if (hasLiteralPassword(text)) return { message: 'a password is spelled out in this URL', hint: SECRET_HINT };
  if (secret && !hasReference(text)) return { message: 'a secret is spelled out', hint: SECRET_HINT };
  if (secret && referenceDefaults(text).some((fallback) => !URL.canParse(fallback))) {
    return {
      message: 'a secret is spelled out as the default of a reference',
      hint: 'write ${NAME} without a default',
    };
  }
  if (hasReference(text) && !mayRefer(path)) {
    return {
      message: 'a reference to the environment is not possible here',
      hint: 'it is possible in the options of connections, sources and sinks, in alerts.webhook and in state',
    };
  }
  return undefined;
}

/** Whether references at this path are resolved by somebody. */
function mayRefer(path: ValuePath): boolean {
  const [section, second, third, option] = path;
  if (section === 'connections') return third !== 'type';
  if (section === 'resources' && third === 'source') return option !== 'connection';
  if (section === 'resources' && third === 'sink')
    return option !== 'connection' && option !== 'mode' && option !== 'key';
  return section === 'state' || (section === 'alerts' && second === 'webhook' && third !== 'template');
}

function isConnectionSecret(
  file: YamlFile,
  connectors: ReadonlyMap<string, RegisteredConnector>,
  path: ValuePath,
): boolean {
  if (path[0] !== 'connections') return false;
  const type = valueAt(file.value, [...path.slice(0, 2), 'type']);
  const connector = typeof type === 'string' ? connectors.get(type) : undefined;
  return connector !== undefined && isSecret(jsonSchemaOf(connector.connection), path.slice(2));
}

function* textsIn(value: unknown, path: ValuePath = []): Iterable<readonly [ValuePath, string]> {
  if (typeof value === 'string') yield [path, value];
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index]);
  if (isMap(value)) for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
}
