import { writeSync } from 'node:fs';
import fs, { type FileHandle, open } from 'node:fs/promises';
import { createRequire, enableCompileCache, syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { RegisteredConnector } from '../../skeleton/base/src/runtime/connectors/connector.ts';
import type { Extractor } from '../../skeleton/base/src/runtime/pipeline/extractor.ts';
import type { Loader } from '../../skeleton/base/src/runtime/pipeline/loader.ts';
import { FAILPOINT_VARIABLE, type Failpoint, STEP_DESCRIPTOR } from './failpoint.ts';

// Loaded into a service by `node --import`, never part of it: the services hold no code for tests. It stands at the
// borders of the process, where a step leaves something behind: files, SQLite, PostgreSQL, and the connectors' contract.
// Each step is told to whoever started the process; at the one that FAILPOINT names, the process kills itself.

const failpoint: Failpoint | undefined = JSON.parse(process.env[FAILPOINT_VARIABLE] ?? 'null') ?? undefined;
let seen = 0;

/** @returns whether this is the time at which the failpoint's step comes for the time it wants */
function begin(step: string): boolean {
  writeSync(STEP_DESCRIPTOR, `${step}\n`);
  return step === failpoint?.step && ++seen === failpoint.occurrence;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Does a step; at the failpoint the process dies before it, while it is under way, or when it is done. */
function step<Result>(name: string, work: () => Result): Result {
  if (!begin(name)) return work();
  if (failpoint?.when === 'stop') {
    process.kill(process.pid, 'SIGSTOP');
    return work();
  }
  if (failpoint?.when === 'before') die();
  const result = work();
  if (result instanceof Promise && failpoint?.when === 'after') {
    return result.then((value) => {
      die();
      return value;
    }) as Result;
  }
  die();
  return result;
}

type Method = (...values: unknown[]) => unknown;

/** Puts `name` of an object behind a step; `describe` gives the step's name, `undefined` for what leaves nothing behind. */
function hook(owner: object, name: string, describe: (self: unknown, values: unknown[]) => string | undefined): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function')
    throw new TypeError(`There is no ${name} to hook: mend tests/faults/failpoints.ts.`);
  const method = original as Method;
  Reflect.set(owner, name, function hooked(this: unknown, ...values: unknown[]): unknown {
    const described = describe(this, values);
    const work = () => method.apply(this, values);
    return described === undefined ? work() : step(described, work);
  });
}

/** `data/exports/orders/part-*.parquet`: without what differs from run to run. */
function nameOf(path: unknown): string {
  const name = relative(process.cwd(), String(path));
  return name.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{8,}|\d{5,}/g, '*').replaceAll(/\*(-\*)+/g, '*');
}

const written = new WeakMap<object, string>();

async function hookFiles(): Promise<void> {
  const probe = await open(process.execPath);
  const handle: FileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  for (const name of ['link', 'rename', 'symlink']) hook(fs, name, (_, [, to]) => `${name} ${nameOf(to)}`);
  for (const name of ['unlink', 'rm', 'mkdir', 'rmdir', 'writeFile', 'appendFile', 'truncate'])
    hook(fs, name, (_, [path]) => `${name} ${nameOf(path)}`);
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync'])
    hook(handle, name, (self) => `${name} ${written.get(self as object) ?? 'folder'}`);
  const openFile = fs.open;
  fs.open = async (path, flags, mode) => {
    if (flags === undefined || flags === 'r') return openFile(path, flags, mode);
    const opened = await step(`open ${nameOf(path)}`, () => openFile(path, flags, mode));
    written.set(opened, nameOf(path));
    return opened;
  };
  syncBuiltinESMExports();
}

/** `state: insert into runs`: what a statement does to what; of those behind a savepoint in the same message, the first. */
function nameOfSql(text: string): string | undefined {
  const words = text
    .replaceAll(/["\n]|\bIF (NOT )?EXISTS\b|pg_temp\.|public\.|main\.|^SAVEPOINT \w+;/gi, ' ')
    .trim()
    .split(/[\s(;]+/);
  const [verb = ''] = words;
  if (/^(select|set|reset|show|pragma|with|listen)$/i.test(verb)) return undefined;
  return words
    .slice(0, /^(begin|commit|rollback|copy|savepoint)$/i.test(verb) ? 1 : 3)
    .join(' ')
    .toLowerCase();
}

function hookState(): void {
  const describe = (text: string) => {
    const name = nameOfSql(text);
    return name && `state: ${name}`;
  };
  hook(DatabaseSync.prototype, 'exec', (_, [text]) => describe(String(text)));
  hook(StatementSync.prototype, 'run', (self) => describe((self as StatementSync).sourceSQL));
}

function hookPostgres(): void {
  const requireFromService = createRequire(join(process.cwd(), 'package.json'));
  const { Client }: typeof import('pg') = requireFromService('pg');
  hook(Client.prototype, 'query', (_, [query]) => {
    const text = typeof query === 'string' ? query : (query as { readonly text: string }).text;
    const name = nameOfSql(text);
    return name && `postgres: ${name}`;
  });
}

/** The named steps of a batch, at the contract of the connectors. */
async function hookConnectors(): Promise<void> {
  for await (const file of fs.glob('src/runtime/connectors/*/index.ts')) {
    const { connector }: { connector: RegisteredConnector } = await import(pathToFileURL(file).href);
    const { createExtractor, createLoader } = connector;
    Object.assign(connector, {
      ...(createExtractor && {
        createExtractor: (...values: Parameters<typeof createExtractor>) => watchExtractor(createExtractor(...values)),
      }),
      ...(createLoader && {
        createLoader: (...values: Parameters<typeof createLoader>) => watchLoader(createLoader(...values)),
      }),
    });
  }
}

function watchExtractor(extractor: Extractor): Extractor {
  const extract = extractor.extract.bind(extractor);
  extractor.extract = async function* watched(request) {
    for await (const batch of extract(request)) {
      step('batch extracted', () => {});
      yield batch;
    }
  };
  return extractor;
}

function watchLoader(loader: Loader): Loader {
  hook(loader, 'prepare', () => 'sink prepared');
  hook(loader, 'load', () => 'batch loaded');
  hook(loader, 'finish', () => 'load finished');
  return loader;
}

// What is imported from here on starts as fast as the service does without failpoints.
enableCompileCache();
await hookFiles();
hookState();
hookPostgres();
await hookConnectors();
