import { hostname } from 'node:os';
import { sql } from 'kysely';
import { isDead, thisProcess } from './process-identity.ts';
import { onState, type StateDatabase } from './state-database.ts';

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

/** The table of leases. Every change is one statement that tells whether it found what it expected. */
export class LeaseStore {
  readonly #state: StateDatabase;

  constructor(state: StateDatabase) {
    this.#state = state;
  }

  async list(): Promise<HeldLease[]> {
    return this.#guard(async () => {
      const rows = await this.#select().orderBy('name').execute();
      return rows.map(toLease);
    });
  }

  async find(name: string): Promise<HeldLease | undefined> {
    return this.#guard(async () => {
      const row = await this.#select().where('name', '=', name).executeTakeFirst();
      return row && toLease(row);
    });
  }

  /** @returns whether the lease was free */
  async insert(name: string, run: string): Promise<boolean> {
    return this.#guard(async () => {
      const { numInsertedOrUpdatedRows } = await this.#state.tables
        .insertInto('leases')
        .values({ name, ...this.#heldBy(run) })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  /** @returns whether the lease was still what it was when it was read */
  async replace({ name, run, renewals }: HeldLease, by: string): Promise<boolean> {
    return this.#guard(async () => {
      const { numUpdatedRows } = await this.#state.tables
        .updateTable('leases')
        .set(this.#heldBy(by))
        .where('name', '=', name)
        .where('run', '=', run)
        .where('renewals', '=', renewals)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    });
  }

  /** @returns whether the run still held it */
  async renew(name: string, run: string): Promise<boolean> {
    return this.#guard(async () => {
      const { numUpdatedRows } = await this.#state.tables
        .updateTable('leases')
        .set({ expires_at: this.#expiry(), renewals: sql`renewals + 1` })
        .where('name', '=', name)
        .where('run', '=', run)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    });
  }

  /** Gives a lease back, if the run still holds it. */
  async remove(name: string, run: string): Promise<void> {
    await this.#guard(() =>
      this.#state.tables.deleteFrom('leases').where('name', '=', name).where('run', '=', run).execute(),
    );
  }

  #select() {
    return this.#state.tables
      .selectFrom('leases')
      .selectAll()
      .select(sql<number>`expires_at - ${this.#state.clock}`.as('remaining'));
  }

  #heldBy(run: string) {
    const { machine, pid, started } = thisProcess;
    const since = new Date().toISOString();
    const holder = { run, host: hostname(), machine, pid, process_started: started, since };
    return { ...holder, renewals: 0, expires_at: this.#expiry() };
  }

  #expiry() {
    return sql<number>`${this.#state.clock} + ${sql.lit(LEASE_MILLISECONDS)}`;
  }

  #guard<T>(work: () => Promise<T>): Promise<T> {
    return onState(this.#state, work);
  }
}

interface Row extends Omit<HeldLease, 'dead'> {
  readonly machine: string;
  readonly process_started: string;
}

function toLease({ name, run, host, pid, since, renewals, remaining, machine, process_started }: Row): HeldLease {
  const dead = isDead({ machine, pid, started: process_started });
  return { name, run, host, pid, since, renewals, remaining, dead };
}
