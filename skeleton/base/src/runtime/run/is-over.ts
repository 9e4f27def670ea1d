import type { StateStore } from '../state/state-store.ts';

/**
 * Tells a sink whether another writer is over. To be used by who holds the lease of the resource, the only one that goes
 * on: every other run that the state knows of has come to its end.
 */
export function isOverIn(state: StateStore): (writer: string) => Promise<boolean> {
  return async (writer) => (await state.run(writer)) !== undefined;
}
