import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { type HeldLease, LEASE_MILLISECONDS, type LeaseStore } from './lease-store.ts';

const HEARTBEAT_MILLISECONDS = LEASE_MILLISECONDS / 3;
/** How long a holder whose time is up is watched; one that lives renews its lease within this time. */
const WATCH_MILLISECONDS = LEASE_MILLISECONDS / 2;
const GLANCE_MILLISECONDS = 500;

/** The right to run a resource, or one of its shards, for as long as it is renewed; which it does by itself. */
export interface Lease {
  /** Aborted with a PipelineError `FENCED` when somebody else has taken the lease over. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lease of a name. One whose holder has died on this machine is taken over at once; one whose time is up
 * after its holder was watched for a while: the clock may have jumped, but whoever lives renews.
 *
 * @param run id of the run that will hold it
 * @throws PipelineError `LOCKED` when somebody else holds it
 */
export async function acquireLease(leases: LeaseStore, name: string, run: string): Promise<Lease> {
  for (;;) {
    const held = await leases.find(name);
    // The answer to an earlier try was lost.
    if (held?.run === run) return keep(leases, name, run);
    if (held === undefined) {
      if (await leases.insert(name, run)) return keep(leases, name, run);
    } else if (await isHeld(leases, held)) {
      throw lockedError(held);
    } else if (await leases.replace(held, run)) {
      logger.warn({ resource: name, run, from: held.run }, `${name}: ${describeHolder(held)} is gone; taken over`);
      return keep(leases, name, run);
    }
  }
}

/** Whether somebody lives who holds the lease, or took it in the meantime. */
export async function isHeld(leases: LeaseStore, held: HeldLease): Promise<boolean> {
  if (held.dead) return false;
  // Nobody can have taken it for longer than a lease lasts: the clock was set back since.
  if (held.remaining > 0 && held.remaining <= LEASE_MILLISECONDS) return true;
  logger.info({ resource: held.name }, `${held.name}: waiting whether ${describeHolder(held)} is alive`);
  const end = performance.now() + WATCH_MILLISECONDS;
  while (performance.now() < end) {
    await delay(GLANCE_MILLISECONDS);
    const now = await leases.find(held.name);
    if (now === undefined) return false;
    if (now.run !== held.run || now.renewals !== held.renewals) return true;
    if (now.dead) return false;
  }
  return false;
}

/** `process 4711 on pipeline-7d9f since 2026-03-01T08:30:12.000Z` */
export function describeHolder({ pid, host, since }: HeldLease): string {
  return `process ${pid} on ${host} since ${since}`;
}

function keep(leases: LeaseStore, name: string, run: string): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  const beats = renewUntil(released.signal, async () => {
    if (!(await leases.renew(name, run))) lost.abort(await fencedError(leases, name));
    return !lost.signal.aborted;
  });
  return {
    signal: lost.signal,
    async release() {
      released.abort();
      await beats;
      if (lost.signal.aborted) return;
      await leases.remove(name, run).catch((error: unknown) => {
        logger.warn({ error, resource: name }, `The lease of ${name} could not be given back; it expires by itself.`);
      });
    },
  };
}

/** @param renew resolves to whether to go on */
async function renewUntil(released: AbortSignal, renew: () => Promise<boolean>): Promise<void> {
  for (let held = true; held; ) {
    await delay(HEARTBEAT_MILLISECONDS, undefined, { signal: released, ref: false }).catch(() => undefined);
    if (released.aborted) return;
    try {
      held = await renew();
    } catch (error) {
      // Nobody can take it over either while the state cannot be reached, and the sink has the last word.
      logger.warn({ error }, 'A lease could not be renewed; trying again.');
    }
  }
}

async function fencedError(leases: LeaseStore, name: string): Promise<PipelineError> {
  const holder = await leases.find(name).catch(() => undefined);
  const who = holder === undefined ? 'Another run' : `Run ${holder.run} (${describeHolder(holder)})`;
  return new PipelineError('FENCED', `${who} has taken over ${name}; nothing more is committed here.`, {
    where: { resource: name },
    hint: `Nothing is lost. This process stood still for more than ${LEASE_MILLISECONDS / 1000} s: was its machine or container suspended?`,
  });
}

function lockedError(held: HeldLease): PipelineError {
  return new PipelineError('LOCKED', `${held.name} is being run by ${describeHolder(held)}.`, {
    where: { resource: held.name },
    hint: `Wait until that run ends, or stop it. Should its machine be gone, the resource is free ${LEASE_MILLISECONDS / 1000} s later.`,
  });
}
