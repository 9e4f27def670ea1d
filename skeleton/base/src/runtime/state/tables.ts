/** Tables of state.db as `migrations.ts` makes them. Times are ISO 8601 in UTC, so that they sort as text. */
export interface StateTables {
  runs: RunsTable;
  checkpoints: CheckpointsTable;
  deliveries: DeliveriesTable;
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
