import type { Client } from 'pg';
import type { Check } from '../../pipeline/check.ts';

/** The answer of a connection that works. */
export function serverCheck({ host, port, database, user }: Client): Check {
  return { name: 'connect', ok: true, detail: `${database} at ${host}:${port} as ${user}` };
}
