import type { Migration, MigrationProvider } from 'kysely/migration';

const initial: Migration = {
  async up(database) {
    await database.schema
      .createTable('runs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('resource', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('started_at', 'text', (column) => column.notNull())
      .addColumn('manifest', 'text', (column) => column.notNull())
      .execute();
    await database.schema
      .createIndex('runs_by_resource')
      .on('runs')
      .columns(['resource', 'started_at', 'id'])
      .execute();
    await database.schema.createIndex('runs_by_start').on('runs').columns(['started_at', 'id']).execute();
    await database.schema
      .createTable('checkpoints')
      .addColumn('stream', 'text', (column) => column.primaryKey())
      .addColumn('checkpoint', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'text', (column) => column.notNull())
      .execute();
    await database.schema
      .createTable('deliveries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('resource', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('delivery', 'text', (column) => column.notNull())
      .execute();
    await database.schema.createIndex('deliveries_by_start').on('deliveries').columns(['created_at', 'id']).execute();
  },
};

const leases: Migration = {
  async up(database) {
    await database.schema
      .createTable('leases')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('machine', 'text', (column) => column.notNull())
      .addColumn('pid', 'integer', (column) => column.notNull())
      .addColumn('process_started', 'text', (column) => column.notNull())
      .addColumn('since', 'text', (column) => column.notNull())
      .addColumn('renewals', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'double precision', (column) => column.notNull())
      .execute();
  },
};

/** Every change of the state since its first version, by name in order. Add to the end, never edit one that shipped. */
export const migrations: MigrationProvider = {
  async getMigrations() {
    return { '0001_initial': initial, '0002_leases': leases };
  },
};
