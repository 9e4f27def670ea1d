import { hostname } from 'node:os';
import { z } from 'zod';
import { isDead, thisProcess } from './process-identity.ts';
import { onState, type Parameter, type StateDatabase } from './state-database.ts';

/** How long a lease is good for after it was taken or renewed, in milliseconds. */
export const LEASE_MILLISECONDS = 30_000;

/** A lease that somebody holds, or held and never gave back. */
export interface HeldLease {
  /** A resource, or one of its shards: `orders`, `orders#2of4`. */
  readonly name: string;
  /** Id of the run, or of the replay, that holds it. */
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly renewals: number;
  /** Milliseconds until it expires by the clock of the database; zero or less: it has. */
  readonly remaining: number;
  /** Whether the process that took it is known to have ended. */
  readonly dead: boolean;
}

/** Whether it looks as if the holder were alive; clocks jump, so this is not for decisions. */
export function looksAlive({ dead, remaining }: HeldLease): boolean {
  return !dead && remaining > 0;
}

const HOLDER_COLUMNS = 'run, host, machine, pid, process_started, since, renewals, expires_at';

const rowSchema = z.object({
  name: z.string(),
  run: z.string(),
  host: z.string(),
  machine: z.string(),
  pid: z.number(),
  process_started: z.string(),
  since: z.string(),
  renewals: z.number(),
  remaining: z.number(),
});

/** The table of leases. Every change is one statement that tells whether it found what it expected. */
export class LeaseStore {
  readonly #state: StateDatabase;
  readonly #table: string;
  readonly #expiry: string;

  constructor(state: StateDatabase) {
    this.#state = state;
    this.#table = `${state.schema}.leases`;
    this.#expiry = `${state.clock} + ${LEASE_MILLISECONDS}`;
  }

  async list(): Promise<HeldLease[]> {
    return this.#select('ORDER BY name');
  }

  async find(name: string): Promise<HeldLease | undefined> {
    const [lease] = await this.#select('WHERE name = $1', name);
    return lease;
  }

  /** @returns whether the lease was free */
  async insert(name: string, run: string): Promise<boolean> {
    return this.#change(
      `INSERT INTO ${this.#table} (name, ${HOLDER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, ${this.#expiry})
       ON CONFLICT (name) DO NOTHING`,
      name,
      ...heldBy(run),
    );
  }

  /** @returns whether the lease was still what it was when it was read */
  async replace({ name, run, renewals }: HeldLease, by: string): Promise<boolean> {
    return this.#change(
      `UPDATE ${this.#table} SET (${HOLDER_COLUMNS}) = ($2, $3, $4, $5, $6, $7, 0, ${this.#expiry})
       WHERE name = $1 AND run = $8 AND renewals = $9`,
      name,
      ...heldBy(by),
      run,
      renewals,
    );
  }

  /** @returns whether the run still held it */
  async renew(name: string, run: string): Promise<boolean> {
    return this.#change(
      `UPDATE ${this.#table} SET expires_at = ${this.#expiry}, renewals = renewals + 1 WHERE name = $1 AND run = $2`,
      name,
      run,
    );
  }

  /** Gives a lease back, if the run still holds it. */
  async remove(name: string, run: string): Promise<void> {
    await this.#change(`DELETE FROM ${this.#table} WHERE name = $1 AND run = $2`, name, run);
  }

  #select(rest: string, ...parameters: readonly Parameter[]): Promise<HeldLease[]> {
    const text = `SELECT *, expires_at - ${this.#state.clock} AS remaining FROM ${this.#table} ${rest}`;
    return onState(this.#state, async () => {
      const { rows } = await this.#state.query(text, ...parameters);
      return rows.map(toLease);
    });
  }

  /** @returns whether a row was changed */
  #change(text: string, ...parameters: readonly Parameter[]): Promise<boolean> {
    return onState(this.#state, async () => (await this.#state.query(text, ...parameters)).changed === 1);
  }
}

/** Values for the columns of the holder, without renewals and expiry. */
function heldBy(run: string): Parameter[] {
  const { machine, pid, started } = thisProcess;
  return [run, hostname(), machine, pid, started, new Date().toISOString()];
}

function toLease(row: unknown): HeldLease {
  const { machine, process_started, ...lease } = rowSchema.parse(row);
  return { ...lease, dead: isDead({ machine, pid: lease.pid, started: process_started }) };
}
