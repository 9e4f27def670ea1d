import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Datadog's unified service tags: the same three on every span, metric and log line tie them together. */
export interface ServiceTags {
  /** From `DD_ENV`. Left out when nobody sets it: then the agent's own environment counts. */
  readonly env?: string;
  /** From `DD_SERVICE`, else the name in package.json, which is the pipeline's. */
  readonly service: string;
  /** From `DD_VERSION`, else the version in package.json. */
  readonly version?: string;
}

const packageSchema = z.object({ name: z.string(), version: z.string().optional() });

export const serviceTags: ServiceTags = readServiceTags(process.env);

function readServiceTags(environment: NodeJS.ProcessEnv): ServiceTags {
  const { name, version } = readPackage();
  const env = environment.DD_ENV || undefined;
  const release = environment.DD_VERSION || version;
  return {
    service: environment.DD_SERVICE || name,
    ...(env === undefined ? {} : { env }),
    ...(release === undefined ? {} : { version: release }),
  };
}

/** Reads the service's own package.json; a process without one still has a name. */
function readPackage(): z.infer<typeof packageSchema> {
  try {
    return packageSchema.parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')));
  } catch {
    return { name: 'etl-pipeline' };
  }
}
