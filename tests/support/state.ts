import { randomUUIDv7 } from 'node:crypto';
import { acquireLease } from '../../skeleton/base/src/runtime/state/lease.ts';
import { openSqliteState } from '../../skeleton/base/src/runtime/state/sqlite-database.ts';
import { StateStore } from '../../skeleton/base/src/runtime/state/state-store.ts';

/** The state in a folder, as a pipeline without `state.url` has it. */
export function openFolder(directory: string): Promise<StateStore> {
  return StateStore.open(openSqliteState(directory));
}

/** Holds the lease of a name as a run does, until it is released. */
export async function holdLease(directory: string, name: string): Promise<{ release(): Promise<void> }> {
  const store = await openFolder(directory);
  try {
    const lease = await acquireLease(store.leases, name, randomUUIDv7());
    return {
      async release() {
        await lease.release();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
