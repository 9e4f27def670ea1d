import type * as api from '@duckdb/node-api';
import type lowLevel from '@duckdb/node-bindings';
import { PipelineError } from '../../errors/pipeline-error.ts';

export type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBType,
} from '@duckdb/node-api';
export type { Vector } from '@duckdb/node-bindings';

interface Libraries {
  readonly duckdb: typeof api;
  readonly bindings: typeof lowLevel;
}

/**
 * The DuckDB library, and below it the bindings of its C API, which hand the memory of a vector over in one piece.
 * Import them from here: a missing native part, which they report as a module that cannot be found, then says what to do.
 *
 * @throws PipelineError `CONFIGURATION` when the native part is not installed
 */
export const { duckdb, bindings }: Libraries = await loadDuckDB(async () => {
  const [duckdb, { default: bindings }] = await Promise.all([
    import('@duckdb/node-api'),
    import('@duckdb/node-bindings'),
  ]);
  return { duckdb, bindings };
});

/** @param load imports both libraries */
export async function loadDuckDB(load: () => Promise<Libraries>): Promise<Libraries> {
  try {
    return await load();
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new PipelineError(
      'CONFIGURATION',
      `DuckDB cannot be loaded on ${process.platform} ${process.arch}: ${detail}`,
      {
        hint: 'Install again on this machine, without --omit=optional: the native part is an optional package.',
        cause: error,
      },
    );
  }
}
