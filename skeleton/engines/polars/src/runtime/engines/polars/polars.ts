import type polars from 'nodejs-polars';
import { PipelineError } from '../../errors/pipeline-error.ts';

/**
 * The polars library. Import it from here: a missing native part, which nodejs-polars reports as a module that
 * cannot be found, then says what to do.
 *
 * @throws PipelineError `CONFIGURATION` when the native part is not installed
 */
export const pl: typeof polars = await loadPolars(() => import('nodejs-polars'));

export type DataFrame = polars.DataFrame;

/** @param load imports nodejs-polars */
export async function loadPolars(load: () => Promise<{ readonly default: typeof polars }>): Promise<typeof polars> {
  try {
    return (await load()).default;
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new PipelineError(
      'CONFIGURATION',
      `polars cannot be loaded on ${process.platform} ${process.arch}: ${detail}`,
      {
        hint: 'Install again with npm on Node 24 (node --version): npm on Node 20 leaves the native part out silently.',
        cause: error,
      },
    );
  }
}
