import type { PipelineConfig } from '../config/load.ts';
import { openLoader, resourceOf } from '../config/open.ts';
import type { WriteMode } from '../connectors/connector.ts';
import { PipelineError } from '../errors/pipeline-error.ts';

/**
 * How a run writes. A full refresh of a sink that appends replaces its contents in one step when everything was read;
 * a sink that merges finds its records by their key.
 *
 * @throws PipelineError `CONFIGURATION` when the contents cannot be replaced, or are not those of this resource alone
 */
export function writeModeOf(config: PipelineConfig, name: string, fullRefresh: boolean): WriteMode {
  const { sink, shards } = resourceOf(config, name);
  if (!fullRefresh || sink.mode !== 'append') return sink.mode;
  const refuse = (reason: string, hint: string) =>
    new PipelineError('CONFIGURATION', `A full refresh of ${name} ${reason}.`, { where: { resource: name }, hint });
  if (shards > 1) {
    throw refuse(
      'replaces the contents of its sink at once, and its shards end one by one',
      'Set shards: 1, run it, set the number of shards back.',
    );
  }
  const { type = '' } = config.connections[sink.connection] ?? {};
  if (config.connectors.get(type)?.sink?.modes.includes('replace') === false) {
    throw refuse('needs a sink whose contents can be replaced', 'Empty the sink and its checkpoints, and run again.');
  }
  const others = sharingSink(config, name);
  if (others.length === 0) return 'replace';
  throw refuse(
    `would remove the records that ${others.join(', ')} wrote into the same sink`,
    'Give each resource a sink of its own; or empty the sink and its checkpoints, and run all of them.',
  );
}

/** The other resources of the pipeline that write to the same place. */
function sharingSink(config: PipelineConfig, name: string): string[] {
  const { connection } = resourceOf(config, name).sink;
  const place = openLoader(config, name).describe();
  return Object.keys(config.resources).filter((other) => {
    if (other === name || resourceOf(config, other).sink.connection !== connection) return false;
    return openLoader(config, other).describe() === place;
  });
}
