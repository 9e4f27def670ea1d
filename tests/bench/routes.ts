import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { renderServices, type Service } from '../faults/service.ts';
import { type Candidate, timeProcess, timeService } from './candidates.ts';
import { createLineItems, requireSameContents } from './data.ts';

/** A way from one system to another, with the limit that the service is held against. */
export interface Route {
  readonly name: string;
  readonly rows: number;
  /** The first is the limit, the second the same once more (the noise), the third the service. */
  readonly candidates: readonly Candidate[];
  /** Compares what the service wrote with what it read, value by value. */
  verify(): Promise<void>;
}

/** Largest time that the service may take, as a multiple of the limit. */
export const ALLOWED: Readonly<Record<string, number>> = {
  'PostgreSQL → Parquet': 2,
  'CSV → PostgreSQL': 1.5,
};

const SOURCE = 'public.lineitem';
const TARGET = 'public.loaded';

/** A service that moves tables and files as they are: no definition of its own. */
async function renderService(): Promise<Service> {
  const [service] = await renderServices([{ sources: ['files', 'postgres'], sinks: ['files', 'postgres'] }]);
  if (service === undefined) throw new Error('The template rendered nothing');
  rmSync(service.path('src/resources'), { recursive: true });
  rmSync(service.path('data'), { recursive: true, force: true });
  mkdirSync(service.path('data/landing'), { recursive: true });
  return service;
}

const CONNECTIONS = `name: benchmark
connections:
  files: { type: files, path: ./data/landing }
  exports: { type: files, path: ./data/exports }
  database: { type: postgres, url: "\${DATABASE_URL}" }
resources:
  moved:
    mode: full
`;

function configure(service: Service, source: string, sink: string): void {
  writeFileSync(service.path('pipeline.yaml'), `${CONNECTIONS}    source: ${source}\n    sink: ${sink}\n`);
}

/** Both routes on one table of `rows` rows, in the database at `url`. */
export async function openRoutes(url: string, rows: number): Promise<{ routes: Route[]; close(): Promise<void> }> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  await createLineItems(database, SOURCE, rows);
  await database.query(`CREATE TABLE ${TARGET} (LIKE ${SOURCE})`);
  const service = await renderService();
  const csv = service.path('data/landing/lineitem.csv');
  await timeProcess(['psql', url, '-qc', `\\copy ${SOURCE} TO '${csv}' CSV HEADER`]);
  const shared = { url, rows, database, service, csv };
  return {
    routes: [postgresToParquet(shared), csvToPostgres(shared)],
    async close() {
      await database.query(`DROP TABLE ${SOURCE}, ${TARGET}`);
      await database.end();
      service.remove();
    },
  };
}

interface Shared {
  readonly url: string;
  readonly rows: number;
  readonly database: pg.Client;
  readonly service: Service;
  readonly csv: string;
}

function postgresToParquet({ url, rows, database, service }: Shared): Route {
  const limit = (name: string): Candidate => ({
    name,
    prepare: async () => {},
    run: () => timeProcess(['psql', url, '-qc', `COPY ${SOURCE} TO STDOUT (FORMAT binary)`], { output: '/dev/null' }),
  });
  return {
    name: 'PostgreSQL → Parquet',
    rows,
    candidates: [
      limit('psql, COPY TO STDOUT (FORMAT binary) to nowhere'),
      limit('the same again'),
      {
        name: 'generated service',
        async prepare() {
          rmSync(service.path('data/exports'), { recursive: true, force: true });
          configure(
            service,
            `{ connection: database, table: ${SOURCE} }`,
            '{ connection: exports, table: lineitem, mode: replace }',
          );
        },
        run: () => timeService(service, { DATABASE_URL: url }),
      },
    ],
    async verify() {
      await database.query(`TRUNCATE ${TARGET}`);
      if (!existsSync(service.path('data/exports/lineitem'))) throw new Error('No Parquet file was written');
      rmSync(service.path('data/landing/exported'), { recursive: true, force: true });
      configure(
        service,
        '{ connection: exports, path: "lineitem/*.parquet" }',
        `{ connection: database, table: ${TARGET}, mode: replace }`,
      );
      await timeService(service, { DATABASE_URL: url });
      await requireSameContents(database, SOURCE, TARGET);
    },
  };
}

function csvToPostgres({ url, rows, database, service, csv }: Shared): Route {
  const empty = async (): Promise<void> => {
    await database.query(`DROP TABLE IF EXISTS ${TARGET}, public.etl_checkpoints`);
    await database.query(`CREATE TABLE ${TARGET} (LIKE ${SOURCE})`);
  };
  const limit = (name: string): Candidate => ({
    name,
    prepare: empty,
    run: () => timeProcess(['psql', url, '-qc', `\\copy ${TARGET} FROM '${csv}' CSV HEADER`]),
  });
  return {
    name: 'CSV → PostgreSQL',
    rows,
    candidates: [
      limit('psql, \\copy FROM … CSV'),
      limit('the same again'),
      {
        name: 'generated service',
        async prepare() {
          await empty();
          configure(
            service,
            '{ connection: files, path: lineitem.csv }',
            `{ connection: database, table: ${TARGET}, mode: append }`,
          );
        },
        run: () => timeService(service, { DATABASE_URL: url }),
      },
    ],
    verify: () => requireSameContents(database, SOURCE, TARGET),
  };
}
