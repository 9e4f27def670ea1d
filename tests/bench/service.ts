import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { renderServices, type Service } from '../faults/service.ts';
import type { Candidate, Move, Sink, Source } from './move.ts';
import { timeByPart } from './profile.ts';

/** What a service does to the records on their way: its file of `resources/`, and the same change in SQL. */
interface Definition {
  readonly variant: ServiceVariant;
  readonly resource?: string;
  readonly changes?: Readonly<Record<string, string>>;
  /** Processes that share the work. */
  readonly shards?: number;
}

export type ServiceVariant =
  | 'plain'
  | 'transformer'
  | 'contract'
  | 'contract and transformer'
  | 'contract and objects'
  | 'polars'
  | 'two shards';
export const SERVICE = 'generated service';

const FOUR_CHANGES = {
  l_linenumber: 'l_linenumber + 1',
  l_shipinstruct: 'lower(l_shipinstruct)',
  l_shipmode: 'lower(l_shipmode)',
  l_comment: 'upper(l_comment)',
};

const DEFINITIONS: readonly Definition[] = [
  { variant: 'plain' },
  { variant: 'transformer', resource: 'transformer.ts', changes: FOUR_CHANGES },
  { variant: 'contract', resource: 'contract.ts' },
  { variant: 'contract and transformer', resource: 'contract-and-transformer.ts', changes: FOUR_CHANGES },
  { variant: 'contract and objects', resource: 'contract-and-objects.ts', changes: FOUR_CHANGES },
  { variant: 'polars', resource: 'polars.ts', changes: FOUR_CHANGES },
  { variant: 'two shards', shards: 2 },
];

const packageSchema = z.object({ version: z.string() });
const commandSchema = z.tuple([z.literal('node')], z.string());
/** What the resources with a contract share; it defines none itself. */
const CONTRACT = 'line-item.ts';
const PROFILE = 'run.cpuprofile';
const RECORD_EVENT_LOOP = fileURLToPath(new URL('record-event-loop.mjs', import.meta.url));
/** In the resources of the benchmark, where the compiler finds the runtime; in a service it is beside them. */
const RUNTIME = /(?:\.\.\/)+skeleton\/(?:base|engines\/polars)\/src\//g;

/** The generated service, once for each thing that it can do to records. */
export async function openServices(): Promise<{ candidates: Candidate[]; close(): void }> {
  const ends = { sources: ['files', 'postgres'], sinks: ['files', 'delta', 'postgres'] };
  const [rows, polars] = await renderServices([ends, { ...ends, engine: 'polars' }]);
  if (rows === undefined || polars === undefined) throw new Error('The template rendered nothing');
  const services = DEFINITIONS.map((definition) => {
    const service = (definition.variant === 'polars' ? polars : rows).copy();
    define(service, definition);
    return { definition, service };
  });
  return {
    candidates: services.map(({ definition, service }) => candidate(definition, service)),
    close() {
      for (const service of [rows, polars, ...services.map((each) => each.service)]) service.remove();
    },
  };
}

function define(service: Service, { resource }: Definition): void {
  const folder = service.path('src/resources');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  if (resource === undefined) return;
  for (const [from, to] of [
    [resource, 'moved.ts'],
    [CONTRACT, CONTRACT],
  ] as const) {
    const text = readFileSync(new URL(`resources/${from}`, import.meta.url), 'utf8');
    writeFileSync(service.path(`src/resources/${to}`), text.replaceAll(RUNTIME, '../'));
  }
}

function candidate({ variant, changes, shards = 1 }: Definition, service: Service): Candidate {
  const { version } = packageSchema.parse(JSON.parse(readFileSync(service.path('package.json'), 'utf8')));
  const container = containerOf(service);
  const eventLoopFile = service.path('event-loop');
  return {
    name: SERVICE,
    variant,
    version,
    // Only there is the second core free: all other routes share the machine with the server.
    does: ({ name }) => shards === 1 || name === 'NDJSON → Parquet',
    ...(changes && { changes }),
    async prepare(move) {
      rmSync(service.path('data'), { recursive: true, force: true });
      rmSync(eventLoopFile, { force: true });
      writeFileSync(
        service.path('pipeline.yaml'),
        shards === 1 ? pipelineFor(move) : await shardedPipelineFor(move, shards),
      );
      execFileSync(process.execPath, container.check, {
        cwd: service.folder,
        env: { ...process.env, ...container.environment },
      });
      if (move.sink.kind === 'table') await move.createTable();
      return {
        program: process.execPath,
        arguments: ['--import', RECORD_EVENT_LOOP, ...container.arguments, 'run'],
        folder: service.folder,
        environment: {
          ...container.environment,
          DATABASE_URL: move.url,
          EVENT_LOOP_FILE: eventLoopFile,
          CI: 'true',
          LOG_LEVEL: 'warn',
        },
      };
    },
    profile: {
      command: (command) => ({
        ...command,
        arguments: ['--cpu-prof', `--cpu-prof-name=${PROFILE}`, ...command.arguments],
      }),
      read: () => timeByPart(readFileSync(service.path(PROFILE), 'utf8')),
    },
    eventLoop() {
      const processes = readFileSync(eventLoopFile, 'utf8').trim().split('\n');
      const column = (index: number) => processes.map((line) => Number(line.split(' ')[index]));
      return { longest: Math.max(...column(0)), work: Math.max(...column(1)) };
    },
  };
}

interface Container {
  /** Options of Node and the program that it starts. */
  readonly arguments: readonly string[];
  /** The check when its image is built, which keeps what it compiles. */
  readonly check: readonly string[];
  readonly environment: Record<string, string>;
}

/** The service as its container runs it. */
function containerOf(service: Service): Container {
  const dockerfile = readFileSync(service.path('Dockerfile'), 'utf8');
  const find = (pattern: RegExp) => {
    const [, found] = pattern.exec(dockerfile) ?? [];
    if (found === undefined) throw new Error(`The Dockerfile has nothing like ${pattern}`);
    return found;
  };
  const command = (pattern: RegExp) => commandSchema.parse(JSON.parse(find(pattern))).slice(1);
  return {
    arguments: command(/^ENTRYPOINT (.*)$/m),
    check: command(/^RUN (\[.*\])$/m),
    environment: {
      MALLOC_ARENA_MAX: find(/\bMALLOC_ARENA_MAX=(\d+)/),
      NODE_COMPILE_CACHE: service.path(basename(find(/\bNODE_COMPILE_CACHE=(\S+)/))),
    },
  };
}

function pipelineFor(move: Move): string {
  return `${connections(move)}
    source: ${describeSource(move.source)}
    sink: ${describeSink(move.sink)}
`;
}

/** Each shard takes one half of the source. A sink that is replaced as a whole cannot be shared. */
async function shardedPipelineFor(move: Move, shards: number): Promise<string> {
  return `${connections(move, await move.halves('ndjson'))}
    shards: ${shards}
    source: { connection: landing, path: "*.ndjson" }
    sink: { connection: exports, table: ${basename(move.sink.location)}, mode: append }
`;
}

const SOURCE_CONNECTIONS = { table: 'database', csv: 'landing', ndjson: 'landing', parquet: 'landing' } as const;
const SINK_CONNECTIONS = { table: 'database', parquet: 'exports', delta: 'lake' } as const;

/** Only those that the move needs: a service loads the connectors of all that it has. */
function connections({ source, sink }: Move, landing = dirname(source.location)): string {
  const folder = dirname(sink.location);
  const all = {
    database: '{ type: postgres, url: "${DATABASE_URL}" }',
    landing: `{ type: files, path: ${landing} }`,
    exports: `{ type: files, path: ${folder} }`,
    lake: `{ type: delta, path: ${folder} }`,
  };
  const used = new Set([SOURCE_CONNECTIONS[source.kind], SINK_CONNECTIONS[sink.kind]]);
  return `name: benchmark
connections:
${[...used].map((name) => `  ${name}: ${all[name]}`).join('\n')}
resources:
  moved:
    mode: full`;
}

function describeSource({ kind, location }: Source): string {
  const place = kind === 'table' ? `table: ${location}` : `path: ${basename(location)}`;
  return `{ connection: ${SOURCE_CONNECTIONS[kind]}, ${place} }`;
}

function describeSink({ kind, location }: Sink): string {
  const table = kind === 'table' ? location : basename(location);
  const mode = kind === 'parquet' ? 'replace' : 'append';
  return `{ connection: ${SINK_CONNECTIONS[kind]}, table: ${table}, mode: ${mode} }`;
}
