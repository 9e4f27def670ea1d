import type { PipelineConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import { CallPolicy } from '../pipeline/call-policy.ts';
import type { CircuitBreakers } from '../pipeline/circuit-breakers.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';

interface Ends {
  readonly extractor: Pick<Extractor, 'abandon'>;
  readonly loader: Pick<Loader, 'abandon'>;
}

export interface CallPolicies {
  readonly source: CallPolicy;
  readonly sink: CallPolicy;
}

/** How both ends of a resource are called: with its deadlines, and with the circuit breakers of their connections. */
export function callPoliciesOf(
  config: PipelineConfig,
  resource: string,
  { extractor, loader }: Ends,
  breakers: CircuitBreakers,
): CallPolicies {
  const { source, sink, deadlines } = resourceOf(config, resource);
  const retry = deadlines.retry * 1000;
  return {
    source: new CallPolicy({
      name: `The source ${source.connection}`,
      abandon: () => extractor.abandon(),
      deadlines: { answer: deadlines.source * 1000, retry },
      breaker: breakers.of(source.connection),
    }),
    sink: new CallPolicy({
      name: `The sink ${sink.connection}`,
      abandon: () => loader.abandon(),
      deadlines: { answer: deadlines.sink * 1000, retry },
      breaker: breakers.of(sink.connection),
    }),
  };
}
