import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { Protocol } from './actions.ts';
import { parseSchemaString } from './schema-string.ts';
import type { Snapshot } from './snapshot.ts';

/** The oldest protocol: every Delta reader and writer knows it. */
const BASIC: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** Timestamps without zone are a table feature; those two others are what writer version 2 means without features. */
const WITH_LOCAL_TIMESTAMPS: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['timestampNtz'],
  writerFeatures: ['appendOnly', 'invariants', 'timestampNtz'],
};

const READER_FEATURES = new Set(WITH_LOCAL_TIMESTAMPS.readerFeatures);
const WRITER_FEATURES = new Set(WITH_LOCAL_TIMESTAMPS.writerFeatures);

function hasLocalTimestamps({ fields }: TableSchema): boolean {
  return fields.some(({ type }) => type.kind === 'timestamp' && !type.zone);
}

/** The protocol of a new table. */
export function protocolFor(schema: TableSchema): Protocol {
  return hasLocalTimestamps(schema) ? WITH_LOCAL_TIMESTAMPS : BASIC;
}

/** The protocol that a table needs when it gets the columns of `schema`; `undefined` when the one it has will do. */
export function protocolUpgrade(current: Protocol, schema: TableSchema): Protocol | undefined {
  if (!hasLocalTimestamps(schema) || current.readerFeatures?.includes('timestampNtz')) return undefined;
  const writerFeatures = new Set([...WRITER_FEATURES, ...(current.writerFeatures ?? [])]);
  return { ...WITH_LOCAL_TIMESTAMPS, writerFeatures: [...writerFeatures].sort() };
}

/**
 * Refuses a table that asks for more than this connector does.
 *
 * @throws PipelineError `CONFIGURATION` naming what it asks for
 */
export function requireSupported(table: string, snapshot: Snapshot): void {
  const unsupported = [
    ...unsupportedVersions(snapshot.protocol),
    ...(snapshot.protocol.readerFeatures ?? []).filter((feature) => !READER_FEATURES.has(feature)),
    ...(snapshot.protocol.writerFeatures ?? []).filter((feature) => !WRITER_FEATURES.has(feature)),
    ...columnRules(snapshot),
  ];
  if (unsupported.length === 0) return;
  throw new PipelineError(
    'CONFIGURATION',
    `${table} asks its writers for ${[...new Set(unsupported)].join(', ')}, which this connector does not support.`,
    { where: { file: table }, hint: 'Write to a table without these features, and merge into this one with Spark.' },
  );
}

function unsupportedVersions({ minReaderVersion, minWriterVersion }: Protocol): string[] {
  const reader = minReaderVersion === 1 || minReaderVersion === 3 ? [] : [`reader version ${minReaderVersion}`];
  const writer = minWriterVersion <= 2 || minWriterVersion === 7 ? [] : [`writer version ${minWriterVersion}`];
  return [...reader, ...writer];
}

/** Rules on values, which a writer of any version has to keep. */
function columnRules({ metadata }: Snapshot): string[] {
  const rules = ['delta.invariants', 'delta.generationExpression', 'delta.identity.start', 'CURRENT_DEFAULT'];
  return parseSchemaString(metadata).flatMap((field) =>
    rules.filter((rule) => rule in field.metadata).map((rule) => `${rule} of column ${field.name}`),
  );
}

/** Whether rows of the table may never be removed. */
export function isAppendOnly({ metadata }: Snapshot): boolean {
  return metadata.configuration?.['delta.appendOnly'] === 'true';
}
