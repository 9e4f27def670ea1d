import { checkWebhook } from '../alerting/check-webhook.ts';
import { definitionOf } from '../config/definitions.ts';
import type { PipelineConfig } from '../config/load.ts';
import { openAlerts, openExtractor, openLoader, resourceOf } from '../config/open.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { type Check, failedCheck } from '../pipeline/check.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';
import type { ResourceDefinition } from '../resource.ts';
import { requireContractColumns } from '../schema/require-contract-columns.ts';
import { fieldNames } from '../schema/table-schema.ts';
import { openStateStore } from '../state/open-state.ts';

/** What was found out about the pipeline itself, or about one resource. */
export interface PreflightReport {
  /** `pipeline shop`, `resource orders`. */
  readonly subject: string;
  readonly checks: readonly Check[];
}

/**
 * Asks everything that a run will need whether it is there. Moves nothing, changes nothing in sources and sinks, and
 * goes on after a failure.
 *
 * @throws PipelineError CONFIGURATION when there is no such resource
 */
export async function preflight(
  config: PipelineConfig,
  definitions: ReadonlyMap<string, ResourceDefinition>,
  resources: readonly string[],
): Promise<PreflightReport[]> {
  for (const name of resources) resourceOf(config, name);
  const reports: PreflightReport[] = [{ subject: `pipeline ${config.name}`, checks: await checkPipeline(config) }];
  for (const name of resources) {
    const definition = definitionOf(config, definitions, name);
    reports.push({ subject: `resource ${name}`, checks: await checkResource(config, name, definition) });
  }
  return reports;
}

async function checkPipeline(config: PipelineConfig): Promise<Check[]> {
  const configuration = { name: 'configuration', ok: true, detail: `${config.file.path} is valid` };
  return [
    configuration,
    await check('state', async () => {
      const store = await openStateStore(config);
      try {
        await store.requireWritable();
      } finally {
        await store.close();
      }
      return `${store.location} can be written`;
    }),
    await check('dead letters', async () => {
      const store = await openDeadLetters(config);
      try {
        await store.check();
        return `${store.location} can be written`;
      } finally {
        await store.close();
      }
    }),
    await check('alerts', async () => {
      const { webhook } = openAlerts(config);
      return webhook === undefined ? 'no webhook: nobody is told when a run fails' : checkWebhook(webhook);
    }),
  ];
}

async function checkResource(
  config: PipelineConfig,
  name: string,
  definition: ResourceDefinition | undefined,
): Promise<Check[]> {
  const checks: Check[] = [];
  const columns = definition?.contractFields?.all;
  const { shards: count } = resourceOf(config, name);
  const shard = count === 1 ? undefined : { index: 0, count };
  const extractor = await open('source', () => openExtractor(config, name, { columns, shard }), checks);
  const loader = await open('sink', () => openLoader(config, name, { shard }), checks);
  try {
    if (extractor !== undefined && loader !== undefined && checks.every(({ ok }) => ok)) {
      checks.push(await check('columns', () => checkColumns(config, name, definition, extractor, loader)));
    }
  } finally {
    await extractor?.close();
    await loader?.close();
  }
  return checks;
}

/** Opens one end and adds what it says about itself; `undefined` when it cannot even be opened. */
async function open<End extends Extractor | Loader>(
  side: string,
  make: () => End,
  checks: Check[],
): Promise<End | undefined> {
  let end: End | undefined;
  try {
    end = make();
    for (const found of await end.check()) checks.push({ ...found, name: `${side}: ${found.name}` });
  } catch (error) {
    checks.push(failedCheck(side, error));
  }
  return end;
}

async function checkColumns(
  config: PipelineConfig,
  name: string,
  definition: ResourceDefinition | undefined,
  extractor: Extractor,
  loader: Loader,
): Promise<string> {
  const schema = await extractor.schema(await loader.schema());
  if (definition?.contractFields !== undefined) {
    requireContractColumns(schema, definition.contractFields, resourceOf(config, name).schemaEvolution, name);
  }
  await definition?.stages.check(schema);
  const names = fieldNames(schema);
  return names.length === 0 ? 'none yet: the source is empty' : names.join(', ');
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return failedCheck(name, error);
  }
}
