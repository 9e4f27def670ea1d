import { type RegisteredConnector, type SourceShards, WRITE_MODES } from '../connectors/connector.ts';
import { checkPart, isMap, placed, valueAt } from './check-part.ts';
import { listChoices, suggest } from './explain-issue.ts';
import type { ConfigProblem, ValuePath } from './problems.ts';
import type { YamlFile } from './yaml-file.ts';

/** Options of a connection, source or sink that belong to the runtime; the connector sees the others. */
export const CONNECTION_KEYS = ['type'];
export const SOURCE_KEYS = ['connection'];
export const SINK_KEYS = ['connection', 'mode', 'key'];

type Connectors = ReadonlyMap<string, RegisteredConnector>;

/** Checks what only a connector knows: the options of connections, sources and sinks. */
export function checkConnectors(file: YamlFile, connectors: Connectors, installed: readonly string[]): ConfigProblem[] {
  const connections = entriesAt(file, ['connections']).flatMap(([name]) =>
    checkConnection(file, connectors, installed, name),
  );
  const resources = entriesAt(file, ['resources']).flatMap(([name]) => checkResource(file, connectors, name));
  return [...connections, ...resources];
}

function checkConnection(
  file: YamlFile,
  connectors: Connectors,
  installed: readonly string[],
  name: string,
): ConfigProblem[] {
  const path = ['connections', name];
  const type = valueAt(file.value, [...path, 'type']);
  if (typeof type !== 'string') return [];
  const connector = connectors.get(type);
  if (connector !== undefined) return checkPart(file, connector.connection, path, { besides: CONNECTION_KEYS });
  const hint = suggest(type, installed);
  const message = `no connector ${JSON.stringify(type)} is installed; installed: ${installed.join(', ') || 'none'}`;
  return [placed(file, { path: [...path, 'type'], message, ...(hint && { hint }) })];
}

function checkResource(file: YamlFile, connectors: Connectors, name: string): ConfigProblem[] {
  const path = ['resources', name];
  const problems: ConfigProblem[] = [];
  const source = findConnector(file, connectors, [...path, 'source'], problems);
  if (source !== undefined) {
    problems.push(...checkShards(file, path, source.type, source.source));
    problems.push(...checkSide(file, source, [...path, 'source'], connectors));
    if (source.source !== undefined) problems.push(...checkCursor(file, source, path));
  }
  const sink = findConnector(file, connectors, [...path, 'sink'], problems);
  if (sink !== undefined) {
    problems.push(...checkShards(file, path, sink.type, sink.sink));
    problems.push(...checkSide(file, sink, [...path, 'sink'], connectors));
    problems.push(...checkMode(file, sink, [...path, 'sink', 'mode']));
  }
  return problems;
}

function checkSide(
  file: YamlFile,
  connector: RegisteredConnector,
  path: ValuePath,
  connectors: Connectors,
): ConfigProblem[] {
  const side = path.at(-1) === 'source' ? 'source' : 'sink';
  const options = connector[side]?.options;
  if (options !== undefined)
    return checkPart(file, options, path, { besides: side === 'source' ? SOURCE_KEYS : SINK_KEYS });
  const able = [...connectors.values()].filter((other) => other[side] !== undefined).map(({ type }) => type);
  const message = `a connection of type ${connector.type} cannot be a ${side}; of this file, ${listChoices(able)} can`;
  return [placed(file, { path: [...path, 'connection'], message })];
}

function findConnector(
  file: YamlFile,
  connectors: Connectors,
  path: ValuePath,
  problems: ConfigProblem[],
): RegisteredConnector | undefined {
  const name = valueAt(file.value, [...path, 'connection']);
  if (typeof name !== 'string') return undefined;
  const type = valueAt(file.value, ['connections', name, 'type']);
  if (typeof type === 'string') return connectors.get(type);
  const known = entriesAt(file, ['connections']).map(([key]) => key);
  if (!known.includes(name)) {
    const hint = suggest(name, known);
    const message = `there is no connection ${JSON.stringify(name)}; the connections are ${known.join(', ') || 'none'}`;
    problems.push(placed(file, { path: [...path, 'connection'], message, ...(hint && { hint }) }));
  }
  return undefined;
}

function checkCursor(file: YamlFile, connector: RegisteredConnector, path: ValuePath): ConfigProblem[] {
  const incremental = (valueAt(file.value, [...path, 'mode']) ?? 'incremental') === 'incremental';
  const given = valueAt(file.value, [...path, 'incremental']) !== undefined;
  const needed = connector.source?.needsCursor === true;
  if (incremental && needed && !given) {
    const message = `reading ${connector.type} incrementally needs \`incremental\` with cursor and key`;
    const hint = 'add incremental: { cursor: updated_at, key: [id] }, or set mode: full';
    return [placed(file, { path, message, hint })];
  }
  if (given && !needed) {
    const message = `a source of type ${connector.type} knows by itself what is new and takes no cursor`;
    return [placed(file, { path: [...path, 'incremental'], atKey: true, message, hint: 'remove it' })];
  }
  return [];
}

function checkShards(
  file: YamlFile,
  resource: ValuePath,
  type: string,
  side: { readonly shards?: boolean | SourceShards } | undefined,
): ConfigProblem[] {
  const path = [...resource, 'shards'];
  const shards = valueAt(file.value, path);
  if (typeof shards !== 'number' || shards <= 1 || side === undefined) return [];
  if (side.shards === undefined || side.shards === false) {
    return [placed(file, { path, message: `a connection of type ${type} cannot be split into shards; remove it` })];
  }
  if (side.shards !== 'by-file' || valueAt(file.value, [...resource, 'sink', 'mode']) !== 'merge') return [];
  const message =
    'a source that is split file by file may hold one key in several shards, and which of them a merge keeps would be ' +
    'chance; set `shards: 1`, or append';
  return [placed(file, { path, message })];
}

function checkMode(file: YamlFile, { type, sink }: RegisteredConnector, path: ValuePath): ConfigProblem[] {
  const mode = WRITE_MODES.find((known) => known === valueAt(file.value, path));
  if (mode === undefined || sink === undefined || sink.modes.includes(mode)) return [];
  return [placed(file, { path, message: `a sink of type ${type} cannot ${mode}; choose ${listChoices(sink.modes)}` })];
}

function entriesAt(file: YamlFile, path: ValuePath): [string, unknown][] {
  const value = valueAt(file.value, path);
  return isMap(value) ? Object.entries(value) : [];
}
