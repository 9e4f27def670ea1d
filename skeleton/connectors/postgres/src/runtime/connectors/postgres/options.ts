import { z } from 'zod';
import { secret } from '../../config/secrets.ts';
import { parseTableName, type TableName } from './table-name.ts';

/** Options of a connection of type `postgres`. */
export const connectionOptions = z.strictObject({
  url: secret(
    z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, { error: 'is not a URL like postgres://user:password@host:5432/database' })
      .describe(
        'postgres://user:password@host:5432/database?sslmode=verify-full, from the environment because of its ' +
          'password. sslmode: disable, verify-full, or no-verify (encrypted, but anybody can pose as the server); ' +
          'sslrootcert names the file of a certificate authority.',
      ),
  ),
});

const tableName = z.string().refine((text) => parseTableName(text) !== undefined, {
  error: 'is not a table name like public.orders; quote a part that contains a dot: "a.b".orders',
});

/** Options of a resource's `source` on a PostgreSQL connection: a table, or a query. */
export const sourceOptions = z
  .strictObject({
    table: tableName
      .optional()
      .describe('public.orders; a view or a partitioned table works too. Schema public when it is left out.'),
    query: z
      .string()
      .regex(/\S/, { error: 'is empty' })
      .regex(/[^;\s]\s*$/, { error: 'ends with a semicolon; leave it out' })
      .optional()
      .describe('A SELECT without a semicolon at its end. Its columns need names of their own.'),
  })
  .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
    error: 'needs either a table or a query',
  });

/** Options of a resource's `sink` on a PostgreSQL connection. */
export const sinkOptions = z.strictObject({
  table: tableName.describe('public.orders; created when it is missing. Schema public when it is left out.'),
});

export interface PostgresConnection extends Readonly<z.infer<typeof connectionOptions>> {
  /** Aborted when its clients are to be dropped, whatever they are doing. */
  readonly abandoned?: AbortSignal;
}

export type PostgresSource = z.infer<typeof sourceOptions>;
export type PostgresSink = z.infer<typeof sinkOptions>;

/** The table that an option names; the option was checked before. */
export function requireTableName(text: string): TableName {
  const table = parseTableName(text);
  if (table === undefined) throw new TypeError(`${JSON.stringify(text)} is not a table name.`);
  return table;
}

/** The name of the database, for people. */
export function databaseOf({ url }: PostgresConnection): string {
  return decodeURIComponent(URL.canParse(url) ? new URL(url).pathname.slice(1) : '') || 'postgres';
}
