import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../skeleton/base/src/runtime/config/load.ts';
import { ConfigurationError } from '../../../skeleton/base/src/runtime/config/problems.ts';

const VALID = `name: orders
connections:
  shop: { type: ledger, url: "\${SHOP_URL}" }
  landing: { type: folder, path: ./landing }
  lake: { type: archive, path: ./lake }
resources:
  orders:
    source: { connection: shop, table: orders }
    sink: { connection: lake, mode: append }
    incremental: { cursor: updated_at, key: [id], lag: 1h }
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configuration-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function problemsOf(contents: string | Uint8Array): Promise<string[]> {
  const path = join(directory, 'pipeline.yaml');
  await writeFile(path, contents);
  const error = await loadConfig(path, { connectorDirectories: [join(import.meta.dirname, 'connectors')] }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error === undefined) return [];
  if (!(error instanceof ConfigurationError)) throw error;
  expect(error.exitCode).toBe(64);
  const lines = error.message.replaceAll(path, 'pipeline.yaml').split('\n');
  return error.problems.length === 1 ? lines : lines.slice(1);
}

/** [what is wrong, text to replace in the valid file, replacement, lines of the message] */
const MISTAKES: [string, string | RegExp, string, string[]][] = [
  [
    'an unknown option',
    'incremental:',
    'incrementl:',
    [
      'pipeline.yaml:7:3 resources.orders: reading ledger incrementally needs `incremental` with cursor and key',
      '  hint: add incremental: { cursor: updated_at, key: [id] }, or set mode: full',
      'pipeline.yaml:10:5 resources.orders.incrementl: unknown option; the options are source, sink, definition, mode, incremental, schemaEvolution, batchSize, deadLetters, deadlines, shards, verify',
      '  hint: did you mean incremental?',
    ],
  ],
  [
    'an incremental load that would replace everything with what is new',
    'mode: append',
    'mode: replace',
    [
      'pipeline.yaml:9:37 resources.orders.sink.mode: replaces the whole sink with what is new since the last run, and so loses the rest; set `mode: full` for the resource, or append or merge for the sink',
    ],
  ],
  [
    'shards of a sink that is replaced at once',
    /mode: append \}\n {4}incremental:.*/,
    'mode: replace }\n    mode: full\n    shards: 2',
    [
      'pipeline.yaml:9:37 resources.orders.sink.mode: a sink of type archive cannot replace; choose append or merge',
      'pipeline.yaml:11:13 resources.orders.shards: a sink that is replaced gets its new contents at once, and shards end one by one; set `shards: 1`, or append or merge for the sink',
    ],
  ],
  [
    'shards of a connector that cannot be split',
    'connection: lake, mode: append }',
    'connection: shop, table: copies }\n    shards: 2',
    ['pipeline.yaml:10:13 resources.orders.shards: a connection of type ledger cannot be split into shards; remove it'],
  ],
  [
    'shards of files that are merged',
    /connection: shop, table: orders \}\n {4}sink.*\n {4}incremental:.*/,
    'connection: landing, path: a.csv, format: csv }\n    sink: { connection: lake, mode: merge, key: [id] }\n    shards: 2',
    [
      'pipeline.yaml:10:13 resources.orders.shards: a source that is split file by file may hold one key in several shards, and which of them a merge keeps would be chance; set `shards: 1`, or append',
    ],
  ],
  [
    'too many shards',
    'mode: append }',
    'mode: append }\n    shards: 33',
    ['pipeline.yaml:10:13 resources.orders.shards: must be at most 32, found 33'],
  ],
  [
    'an unknown option of a connector',
    'path: ./landing',
    'pth: ./landing',
    [
      'pipeline.yaml:4:3 connections.landing.path: is missing; it must be text',
      'pipeline.yaml:4:28 connections.landing.pth: unknown option; the options are type, path',
      '  hint: did you mean path?',
    ],
  ],
  [
    'an unknown option of a source',
    'table: orders',
    'table: orders, limit: 5',
    ['pipeline.yaml:8:48 resources.orders.source.limit: unknown option; the options are connection, table'],
  ],
  [
    'a value that is none of the choices',
    'mode: append',
    'mode: apend',
    [
      'pipeline.yaml:9:37 resources.orders.sink.mode: "apend" is not allowed; choose append, replace or merge',
      '  hint: did you mean append?',
    ],
  ],
  [
    'a wrong type',
    'incremental:',
    'batchSize: many\n    incremental:',
    ['pipeline.yaml:10:16 resources.orders.batchSize: must be a number, found "many"'],
  ],
  [
    'a number out of range',
    'incremental:',
    'batchSize: 0\n    incremental:',
    ['pipeline.yaml:10:16 resources.orders.batchSize: must be at least 1, found 0'],
  ],
  [
    'a fraction where a whole number belongs',
    'incremental:',
    'deadLetters: { max: 1.5 }\n    incremental:',
    ['pipeline.yaml:10:25 resources.orders.deadLetters.max: must be a whole number, found 1.5'],
  ],
  [
    'a lag of nothing',
    'lag: 1h',
    'lag: 0s',
    [
      'pipeline.yaml:10:56 resources.orders.incremental.lag: must be a duration such as 30s, 15m, 1h or 2d for a time, or a whole number for an integer; above 0, found "0s"',
    ],
  ],
  [
    'a duration of an unknown unit',
    'lag: 1h',
    'lag: 1y',
    [
      'pipeline.yaml:10:56 resources.orders.incremental.lag: must be a duration such as 30s, 15m, 1h or 2d for a time, or a whole number for an integer; above 0, found "1y"',
    ],
  ],
  [
    'an empty list',
    'key: [id]',
    'key: []',
    ['pipeline.yaml:10:40 resources.orders.incremental.key: must have at least 1 entry, found an empty list'],
  ],
  [
    'a missing section',
    /resources:[\s\S]*/,
    '',
    ['pipeline.yaml:1:1 resources: is missing; it must be a map of names'],
  ],
  [
    'no resource',
    /resources:[\s\S]*/,
    'resources: {}',
    ['pipeline.yaml:6:1 resources: must name at least one resource'],
  ],
  [
    'an empty section',
    'sink: { connection: lake, mode: append }',
    'sink:',
    ['pipeline.yaml:9:5 resources.orders.sink: must be a map of options, found nothing'],
  ],
  [
    'a name with a space',
    '  orders:',
    '  Daily orders:',
    [
      'pipeline.yaml:7:3 resources.Daily orders: this name must be lower-case words joined by _ or -, such as daily_orders',
    ],
  ],
  [
    'a connection that does not exist',
    'connection: lake',
    'connection: lakes',
    [
      'pipeline.yaml:9:25 resources.orders.sink.connection: there is no connection "lakes"; the connections are shop, landing, lake',
      '  hint: did you mean lake?',
    ],
  ],
  [
    'a connector that is not installed',
    'type: archive',
    'type: archives',
    [
      'pipeline.yaml:5:17 connections.lake.type: no connector "archives" is installed; installed: archive, folder, ledger',
      '  hint: did you mean archive?',
    ],
  ],
  [
    'a connector that cannot be a source',
    'connection: shop, table: orders',
    'connection: lake',
    [
      'pipeline.yaml:8:27 resources.orders.source.connection: a connection of type archive cannot be a source; of this file, ledger or folder can',
    ],
  ],
  [
    'a connector that cannot be a sink',
    'connection: lake, mode',
    'connection: landing, mode',
    [
      'pipeline.yaml:9:25 resources.orders.sink.connection: a connection of type folder cannot be a sink; of this file, ledger or archive can',
    ],
  ],
  [
    'a write mode that the sink does not have',
    'mode: append }',
    'mode: replace }\n    mode: full',
    ['pipeline.yaml:9:37 resources.orders.sink.mode: a sink of type archive cannot replace; choose append or merge'],
  ],
  [
    'merge without key',
    'mode: append',
    'mode: merge',
    [
      'pipeline.yaml:9:5 resources.orders.sink: `mode: merge` needs `key`, the columns that identify a record, such as key: [order_id]',
    ],
  ],
  [
    'a key that nothing uses',
    'mode: append',
    'key: [id]',
    [
      'pipeline.yaml:9:31 resources.orders.sink.key: only `mode: merge` uses a key, and the mode is append; remove it or set mode: merge',
    ],
  ],
  [
    'a cursor that nothing uses',
    'connection: shop, table: orders',
    'connection: landing, path: "*", format: csv',
    [
      'pipeline.yaml:10:5 resources.orders.incremental: a source of type folder knows by itself what is new and takes no cursor',
      '  hint: remove it',
    ],
  ],
  [
    'an unknown variant of a connector option',
    /source: .*/,
    'source: { connection: landing, path: "*", format: cvs }\n    mode: full',
    [
      'pipeline.yaml:8:55 resources.orders.source.format: "cvs" is not allowed; choose csv or json',
      '  hint: did you mean csv?',
      'pipeline.yaml:11:5 resources.orders.incremental: a source of type folder knows by itself what is new and takes no cursor',
      '  hint: remove it',
    ],
  ],
  [
    'a value that fits no alternative',
    'mode: append',
    'columns: 5',
    ['pipeline.yaml:9:40 resources.orders.sink.columns: must be all or a list, found 5'],
  ],
  [
    'a literal secret',
    '"${SHOP_URL}"',
    'ledger-host-and-token',
    [
      'pipeline.yaml:3:30 connections.shop.url: a secret is spelled out',
      '  hint: put it into an environment variable and write ${NAME} here',
    ],
  ],
  [
    'a literal secret of the wrong type',
    '"${SHOP_URL}"',
    '12345678',
    ['pipeline.yaml:3:30 connections.shop.url: must be text, found a value that is not shown'],
  ],
  [
    'a literal password in a URL anywhere',
    './landing',
    'https://user:hunter2@host/landing',
    [
      'pipeline.yaml:4:34 connections.landing.path: a password is spelled out in this URL',
      '  hint: put it into an environment variable and write ${NAME} here',
    ],
  ],
  [
    'a literal password as the default of a reference',
    '${SHOP_URL}',
    '${SHOP_URL:-postgres://user:hunter2@host/shop}',
    [
      'pipeline.yaml:3:30 connections.shop.url: a password is spelled out in this URL',
      '  hint: put it into an environment variable and write ${NAME} here',
    ],
  ],
  [
    'a secret as the default of a reference',
    '${SHOP_URL}',
    '${SHOP_URL:-hunter2}',
    [
      'pipeline.yaml:3:30 connections.shop.url: a secret is spelled out as the default of a reference',
      '  hint: write ${NAME} without a default',
    ],
  ],
  [
    'a literal secret of the webhook',
    'resources:',
    'alerts: { webhook: { url: "https://hooks.example/token" } }\nresources:',
    [
      'pipeline.yaml:6:27 alerts.webhook.url: a secret is spelled out',
      '  hint: put it into an environment variable and write ${NAME} here',
    ],
  ],
  [
    'a reference that is none',
    './landing',
    '"${LANDING-PATH}"',
    [
      'pipeline.yaml:4:34 connections.landing.path: not a reference to an environment variable; write ${NAME} or ${NAME:-default}',
    ],
  ],
  [
    'a reference where none is resolved',
    'cursor: updated_at',
    'cursor: "${CURSOR}"',
    [
      'pipeline.yaml:10:28 resources.orders.incremental.cursor: a reference to the environment is not possible here',
      '  hint: it is possible in the options of connections, sources and sinks, in alerts.webhook and in state',
    ],
  ],
  [
    'a key that stands twice',
    '  lake:',
    '  landing: { type: folder, path: ./other }\n  lake:',
    ['pipeline.yaml:5:3 this key stands twice in the same map', '  hint: remove one of them'],
  ],
  [
    'a tab as indentation',
    '    sink:',
    '\tsink:',
    ['pipeline.yaml:9:1 a tab is used as indentation', '  hint: indent with spaces'],
  ],
  [
    'a misspelt name of the pipeline',
    'name: orders',
    'name: Orders!',
    ['pipeline.yaml:1:7 name: must be lower-case words joined by hyphens, such as daily-orders, found "Orders!"'],
  ],
  [
    'several mistakes at once, in the order of the file',
    /mode: append[\s\S]*/,
    'mode: upsert }\n    batchSize: -1\n    incremental: { cursor: 1, key: [id] }\nalert: {}\n',
    [
      'pipeline.yaml:9:37 resources.orders.sink.mode: "upsert" is not allowed; choose append, replace or merge',
      'pipeline.yaml:10:16 resources.orders.batchSize: must be at least 1, found -1',
      'pipeline.yaml:11:28 resources.orders.incremental.cursor: must be text, found 1',
      'pipeline.yaml:12:1 alert: unknown option; the options are name, connections, resources, alerts, state',
      '  hint: did you mean alerts?',
    ],
  ],
];

describe('a wrong pipeline.yaml', () => {
  it('is told from a right one', async () => {
    expect(await problemsOf(VALID)).toEqual([]);
  });

  it.each(MISTAKES)('%s', async (_, wanted, replacement, expected) => {
    const text = VALID.replace(wanted, () => replacement);
    expect(text).not.toBe(VALID);
    expect(await problemsOf(text)).toEqual(expected);
  });

  it('is empty', async () => {
    expect(await problemsOf('# nothing yet\n')).toEqual(['pipeline.yaml:1:1 must be a map of options, found nothing']);
  });

  it('is a list', async () => {
    expect(await problemsOf('- orders\n')).toEqual(['pipeline.yaml:1:1 must be a map of options, found a list']);
  });

  it('is no YAML', async () => {
    expect(await problemsOf('name: [orders\n')).toEqual([
      'pipeline.yaml:2:1 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ]);
  });

  it('holds two documents', async () => {
    const [problem] = await problemsOf(`${VALID}---\nname: other\n`);
    expect(problem).toBe('pipeline.yaml:11:1 the file holds more than one YAML document');
  });

  it('is not UTF-8', async () => {
    expect(await problemsOf(Uint8Array.of(0x6e, 0xff, 0xfe))).toEqual([
      'pipeline.yaml the file is not UTF-8',
      '  hint: save it as UTF-8',
    ]);
  });

  it('expands aliases without end', async () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const before = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(before).join(', ')}]`;
    });
    expect(await problemsOf(levels.join('\n'))).toEqual([
      'pipeline.yaml:1:1 Excessive alias count indicates a resource exhaustion attack',
    ]);
  });

  it('is not there', async () => {
    const load = loadConfig(join(directory, 'missing.yaml'));
    await expect(load).rejects.toThrow(/missing\.yaml the file does not exist\n {2}hint: name the file with --config/);
  });

  it('is a directory', async () => {
    await expect(loadConfig(directory)).rejects.toThrow(/the file is a directory/);
  });
});
