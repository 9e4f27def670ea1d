import type { OpenDeadLetterStore } from '../open-store.ts';
import { PostgresDeadLetterStore } from './postgres-store.ts';

/** Keeps the dead letters of a pipeline in a PostgreSQL database. */
export const openDeadLetterStore: OpenDeadLetterStore = (url, pipeline) => new PostgresDeadLetterStore(url, pipeline);
