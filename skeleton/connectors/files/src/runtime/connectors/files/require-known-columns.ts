import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { SourceFile } from './source-files.ts';

/** @throws PipelineError SCHEMA_DRIFT when a file has a column that no sampled file has: it would be lost */
export function requireKnownColumns({ path }: SourceFile, names: readonly string[], schema: TableSchema): void {
  const known = new Set(schema.fields.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new PipelineError(
    'SCHEMA_DRIFT',
    `${path} has the column ${unknown.join(', ')}, which the files sampled for the schema do not have.`,
    { where: { file: path }, hint: 'Move the files of the other kind away, or read them as a resource of their own.' },
  );
}
