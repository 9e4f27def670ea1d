import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import type { ContractFields } from './contract.ts';
import type { SchemaEvolution } from './drift.ts';
import { fieldNames, type TableSchema } from './table-schema.ts';

/**
 * Compares what a source delivers with what the contract takes, before a record is read.
 *
 * @throws PipelineError `SCHEMA_DRIFT` when a column that the contract needs is missing, or when the source has one
 *   that the contract does not know and `schemaEvolution` is `manual`
 */
export function requireContractColumns(
  source: TableSchema,
  contract: ContractFields,
  evolution: SchemaEvolution,
  resource: string,
): void {
  const given = fieldNames(source);
  if (given.length === 0) return;
  const missing = contract.required.filter((name) => !given.includes(name));
  if (missing.length > 0) {
    throw new PipelineError(
      'SCHEMA_DRIFT',
      `The source has no column ${missing.join(', ')}; it has ${given.join(', ')}.`,
      {
        where: { resource },
        hint: 'Check the delimiter and the header of the files, or make the field optional in the contract.',
      },
    );
  }
  const unknown = given.filter((name) => !contract.all.includes(name));
  if (unknown.length === 0) return;
  const message = `The source has the column ${unknown.join(', ')}, which the contract does not know.`;
  if (evolution !== 'manual') {
    logger.warn({ resource, columns: unknown }, `${message} It is left out.`);
    return;
  }
  throw new PipelineError('SCHEMA_DRIFT', message, {
    where: { resource },
    hint: "Add it to the contract, or set schemaEvolution to 'warn' to leave it out.",
  });
}
