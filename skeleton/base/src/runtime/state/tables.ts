/** Tables of the state as `migrations.ts` makes them. Times are ISO 8601 in UTC, so that they sort as text. */
export interface StateTables {
  runs: RunsTable;
  checkpoints: CheckpointsTable;
  deliveries: DeliveriesTable;
  leases: LeasesTable;
}

interface RunsTable {
  id: string;
  resource: string;
  status: string;
  started_at: string;
  /** The whole run manifest as JSON. */
  manifest: string;
}

interface CheckpointsTable {
  stream: string;
  /** JSON. */
  checkpoint: string;
  updated_at: string;
}

interface DeliveriesTable {
  id: string;
  resource: string;
  created_at: string;
  /** The whole delivery as JSON. */
  delivery: string;
}

interface LeasesTable {
  /** A resource, or one of its shards: `orders`, `orders#2of4`. */
  name: string;
  /** Who holds it: the id of a run or of a replay. */
  run: string;
  host: string;
  machine: string;
  pid: number;
  process_started: string;
  since: string;
  /** How often it was renewed. */
  renewals: number;
  /** Milliseconds since 1970 by the clock of the database. */
  expires_at: number;
}
