import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { createDatabase, type OwnDatabase } from '../../support/database.ts';
import { renderServices, type Service } from '../service.ts';
import { pipelineOf, type Route, resourceOf } from './routes.ts';
import { deltaSink, folderSink, type Sink, tableSink } from './sinks.ts';
import { fileSource, type Source, tableSource } from './sources.ts';

const RUNTIME = /(?:\.\.\/)+skeleton\/base\/src\//g;
/** What makes a run commit once in 128 MiB makes it commit many times here. */
const SMALLER: readonly { readonly file: string; readonly from: string; readonly to: string }[] = [
  { file: 'connectors/files/loader.ts', from: 'PART_BYTES = 128 * 1024 * 1024', to: 'PART_BYTES = 24 * 1024' },
  { file: 'connectors/delta/part-files.ts', from: 'FILE_BYTES = 128 * 1024 * 1024', to: 'FILE_BYTES = 8 * 1024' },
  { file: 'formats/parquet/parquet-writer.ts', from: 'GROUP_ROWS = 60_000', to: 'GROUP_ROWS = 250' },
];

/** A service with every connector that commits often, and moves the orders of `resources/orders.ts`. */
export async function renderKilledService(): Promise<Service> {
  const [service] = await renderServices([{ sources: ['files', 'postgres'], sinks: ['files', 'delta', 'postgres'] }]);
  if (service === undefined) throw new Error('The template rendered nothing.');
  for (const { file, from, to } of SMALLER) {
    const path = service.path('src/runtime', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}: mend tests/faults/kill/workspace.ts.`);
    writeFileSync(path, text.replace(from, to));
  }
  const definition = readFileSync(new URL('../resources/orders.ts', import.meta.url), 'utf8');
  writeFileSync(service.path('src/resources/orders.ts'), definition.replaceAll(RUNTIME, '../'));
  rmSync(service.path('data'), { recursive: true });
  mkdirSync(service.path('data/landing/orders'), { recursive: true });
  return service;
}

const count = z.int().min(0);
const countsSchema = z.object({ read: count, deadLettered: count, batches: count, retries: count });
const manifestSchema = z.object({
  status: z.string(),
  counts: countsSchema,
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  error: z.object({ code: z.string() }).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;
const letterSchema = z.looseObject({ sequence: z.number() });

/** A dead letter without what differs from run to run. */
export interface Letter {
  /** Number of its batch. */
  readonly sequence: number;
  readonly text: string;
}

/** A service of its own with two databases: what one scenario after the other works on. */
export class Workspace {
  readonly service: Service;
  readonly environment: Record<string, string>;
  readonly source: Source;
  readonly sink: Sink;
  readonly #shop: OwnDatabase;
  readonly #warehouse: OwnDatabase;
  readonly #resource: string;

  private constructor(
    service: Service,
    route: Route,
    databases: { readonly shop: OwnDatabase; readonly warehouse: OwnDatabase },
    ends: { readonly source: Source; readonly sink: Sink },
  ) {
    this.service = service;
    this.#shop = databases.shop;
    this.#warehouse = databases.warehouse;
    this.#resource = resourceOf(route);
    this.source = ends.source;
    this.sink = ends.sink;
    this.environment = {
      SHOP_DATABASE_URL: databases.shop.url,
      WAREHOUSE_DATABASE_URL: databases.warehouse.url,
      LOG_LEVEL: 'silent',
    };
  }

  /** @param server the superuser's address of a PostgreSQL server */
  static async open(rendered: Service, route: Route, server: string): Promise<Workspace> {
    const service = rendered.copy();
    writeFileSync(service.path('pipeline.yaml'), pipelineOf(route));
    const [shop, warehouse] = [await createDatabase(server), await createDatabase(server)];
    const source = route.source === 'files' ? fileSource(service) : await tableSource(shop);
    const sinks = {
      files: () => folderSink(service, route),
      delta: () => deltaSink(service),
      postgres: () => tableSink(warehouse, route),
    };
    return new Workspace(service, route, { shop, warehouse }, { source, sink: sinks[route.sink]() });
  }

  /** As if no run had ever been. */
  async reset(): Promise<void> {
    for (const folder of ['state', 'dead-letters']) {
      rmSync(this.service.path('data', folder), { recursive: true, force: true });
    }
    await this.source.reset();
    await this.sink.reset();
  }

  /** The orders of the source that belong into the sink, as `loadedOrders` gives them. */
  goodOrders(): Promise<string[]> {
    return this.#orders(this.#shop, "WHERE country <> 'nowhere'");
  }

  /** The orders in the sink, where both ends are PostgreSQL. */
  loadedOrders(): Promise<string[]> {
    return this.#orders(this.#warehouse);
  }

  /** Sessions of the service that the server has in both databases. */
  async sessions(): Promise<number> {
    const ours = `SELECT FROM pg_stat_activity WHERE application_name LIKE 'orders/%' AND datname = current_database()`;
    return (await this.#warehouse.sql(ours)).length + (await this.#shop.sql(ours)).length;
  }

  /** All of them, in the order in which they were found. */
  deadLetters(): Letter[] {
    const file = this.service.path(`data/dead-letters/${this.#resource}.ndjson`);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => {
      const { run: _, timestamp: __, position: ___, ...letter } = letterSchema.parse(JSON.parse(line));
      return { sequence: letter.sequence, text: JSON.stringify(letter) };
    });
  }

  /** The manifests of all runs, the oldest first, as they lie on the disk. */
  manifests(): Manifest[] {
    const database = new DatabaseSync(this.service.path('data/state/state.db'), { readOnly: true });
    try {
      const rows = database.prepare('SELECT manifest FROM runs ORDER BY id').all();
      return rows.map(({ manifest }) => manifestSchema.parse(JSON.parse(String(manifest))));
    } finally {
      database.close();
    }
  }

  async close(): Promise<void> {
    this.service.remove();
    await this.#shop.drop();
    await this.#warehouse.drop();
  }

  async #orders(database: OwnDatabase, where = ''): Promise<string[]> {
    const rows = await database.sql<{ text: string }>(
      `SELECT concat_ws(' ', order_id, quantity, updated_at AT TIME ZONE 'UTC') AS text FROM orders ${where}`,
    );
    return rows.map(({ text }) => text);
  }
}
