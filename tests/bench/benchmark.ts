import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openFingerprints } from './fingerprint.ts';
import { Inputs } from './inputs.ts';
import { psqlLimit } from './limits.ts';
import { type Measurement, measure, type Planned } from './measure.ts';
import { type Candidate, ROUTES, type Route } from './move.ts';
import { openPeers } from './peers/index.ts';
import type { Session } from './plan.ts';
import { type Result, resultsOf } from './results.ts';
import { openServices, SERVICE } from './service.ts';
import { Verification } from './verification.ts';

export interface Filter {
  readonly route: (route: Route) => boolean;
  readonly candidate: (candidate: Candidate) => boolean;
}

export interface Options {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  readonly sessions: readonly Session[];
  readonly filter: Filter;
  /** Whether peers take part, which have to be installed. */
  readonly peers: boolean;
  readonly tell: (message: string) => void;
}

/** @yields what was measured on one route with one data set */
export async function* benchmark({ url, sessions, filter, peers, tell }: Options): AsyncGenerator<readonly Result[]> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  const server = await processIdOf(database);
  tell(peers ? 'Rendering the service and installing the peers' : 'Rendering the service');
  const services = await openServices();
  const candidates = [...services.candidates, ...(peers ? await openPeers() : [])];
  const fingerprint = await openFingerprints(url);
  try {
    for (const session of sessions) {
      const { dataSet, rows } = session;
      const folder = mkdtempSync(join(tmpdir(), 'bench-'));
      tell(`${dataSet.name}, ${rows.toLocaleString('en')} rows: making them`);
      const inputs = await Inputs.create(database, { url, folder, dataSet, rows });
      const verification = new Verification(inputs, fingerprint);
      for (const route of ROUTES.filter(({ name }) => session.routes?.includes(name) ?? true).filter(filter.route)) {
        tell(`${dataSet.name}, ${rows.toLocaleString('en')} rows, ${route.name}`);
        const { planned, roleOf } = planRoute(route, session, candidates, filter);
        const measurements = await measure(route, planned, {
          url,
          database,
          server,
          inputs,
          folder,
          verification,
          tell,
        });
        const measured = new Date().toISOString().slice(0, 10);
        yield resultsOf({ route: route.name, dataSet: dataSet.name, rows, measured }, measurements, roleOf);
      }
      rmSync(folder, { recursive: true });
    }
  } finally {
    services.close();
    await database.end();
  }
}

/** Process id of the server. */
async function processIdOf(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ file: string }>("SELECT pg_read_file('postmaster.pid') AS file");
  return Number.parseInt(rows[0]?.file ?? '', 10);
}

function planRoute(
  route: Route,
  { repetitions, limitRepetitions, profiled = () => false, once = false }: Session,
  all: readonly Candidate[],
  filter: Filter,
): { planned: Planned[]; roleOf: (measurement: Measurement) => Result['role'] } {
  const limit = psqlLimit(route) ?? all.find(({ name }) => name === 'DuckDB');
  if (limit === undefined) throw new Error(`${route.name} has no limit`);
  const atMost = (times: number) => (once ? Math.min(1, times) : times);
  const control: Candidate = { ...limit };
  const others = all.filter((candidate) => candidate !== limit && filter.candidate(candidate));
  const planned = others.map((candidate) => ({
    candidate,
    repetitions: atMost(repetitions(candidate)),
    profiled: profiled(candidate),
  }));
  return {
    planned: [
      { candidate: limit, repetitions: atMost(limitRepetitions) },
      { candidate: control, repetitions: atMost(limitRepetitions) },
      ...planned.filter(({ repetitions: times }) => times > 0),
    ],
    roleOf({ candidate }) {
      if (candidate === limit) return 'limit';
      if (candidate === control) return 'control';
      return candidate.name === SERVICE ? 'service' : 'peer';
    },
  };
}
