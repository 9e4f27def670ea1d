import { existsSync, globSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import type {
  duckdb as DuckDB,
  DuckDBConnection,
} from '../../../skeleton/engines/duckdb/src/runtime/engines/duckdb/duckdb.ts';
import type { OwnDatabase } from '../../support/database.ts';
import type { Service } from '../service.ts';
import type { Route } from './routes.ts';

/** Where the orders go to. */
export interface Sink {
  /** As if no run had ever been. */
  reset(): Promise<void>;
  /** Every record that a reader finds now, as one text each, sorted; `undefined` while there is no table. */
  contents(): Promise<readonly string[] | undefined>;
  /** Whether new contents are decided on, and the next run will put them in their place before it does anything else. */
  isDecided?(): boolean;
}

export function tableSink(warehouse: OwnDatabase, route: Route): Sink {
  const columns = [
    'order_id bigint',
    'country text',
    'quantity bigint',
    route.records === 'as they are' ? 'unit_price numeric(12,2)' : 'total numeric(14,2)',
    `note text CHECK (note <> 'refused')`,
    'updated_at timestamptz',
  ];
  const key = route.mode === 'merge' ? ', PRIMARY KEY (order_id)' : '';
  return {
    async reset() {
      await warehouse.sql(`DROP TABLE IF EXISTS orders, orders__staging, etl_checkpoints;
        CREATE TABLE orders (${columns.join(', ')}${key})`);
    },
    async contents() {
      const rows = await warehouse.sql<{ record: string }>('SELECT to_jsonb(orders)::text AS record FROM orders');
      return rows.map(({ record }) => record).toSorted();
    },
  };
}

/**
 * The finished files of a folder, whether a checkpoint knows of them or not: a reader takes them all. It follows the link
 * that a table is once, and then reads what it found.
 */
export function folderSink(service: Service, { format = 'parquet' }: Route): Sink {
  const folder = service.path('data/exports/orders');
  return {
    async reset() {
      rmSync(service.path('data/exports'), { recursive: true, force: true });
    },
    async contents() {
      if (!existsSync(folder)) return undefined;
      const contents = realpathSync(folder);
      const files = readdirSync(contents).filter((name) => /^[^._]/.test(name) && name.endsWith(format));
      return readRecords(files.map((name) => join(contents, name)));
    },
    isDecided: () =>
      globSync('data/exports/.orders.{staging/*,contents}/*/*', { cwd: service.folder }).some(
        (path) => basename(path) === '_ready',
      ),
  };
}

interface DeltaAction {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

/** The files that the log of a Delta table adds and does not remove. */
export function deltaSink(service: Service): Sink {
  const table = service.path('data/lake/orders');
  const log = join(table, '_delta_log');
  return {
    async reset() {
      rmSync(service.path('data/lake'), { recursive: true, force: true });
    },
    async contents() {
      if (!existsSync(log)) return undefined;
      const files = new Set<string>();
      for (const commit of readdirSync(log)
        .filter((name) => /^\d{20}\.json$/.test(name))
        .toSorted()) {
        for (const line of readFileSync(join(log, commit), 'utf8').trimEnd().split('\n')) {
          const { add, remove }: DeltaAction = JSON.parse(line);
          if (add !== undefined) files.add(decodeURIComponent(add.path));
          if (remove !== undefined) files.delete(decodeURIComponent(remove.path));
        }
      }
      return readRecords(Array.from(files, (path) => join(table, path)));
    },
  };
}

let connection: Promise<DuckDBConnection> | undefined;

/** Reads Parquet, CSV or NDJSON with a program that is not ours. */
async function readRecords(files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return [];
  connection ??= connect();
  const list = files.map((file) => `'${file}'`).join(', ');
  const readers = { parquet: 'read_parquet', csv: 'read_csv', ndjson: 'read_ndjson' } as const;
  const extension = files[0]?.split('.').at(-1) as keyof typeof readers;
  const query = `SELECT to_json(record)::VARCHAR AS record FROM ${readers[extension]}([${list}]) AS record ORDER BY 1`;
  const result = await (await connection).runAndReadAll(query);
  return result.getRows().map(([record]) => String(record));
}

async function connect(): Promise<DuckDBConnection> {
  const requireFromSkeleton = createRequire(new URL('../../../skeleton/package.json', import.meta.url));
  const duckdb: typeof DuckDB = requireFromSkeleton('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
  });
  return instance.connect();
}
