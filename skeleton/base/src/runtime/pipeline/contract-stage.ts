import type { z } from 'zod';
import { tableSchemaOf } from '../schema/contract.ts';
import { Batch, type Rejection } from './batch.ts';
import type { Stage } from './stage.ts';

/** Checks each record against a contract and gives it the contract's types. */
export function contractStage<Input, Output>(contract: z.ZodType<Output>, name: string): Stage<Input, Output> {
  const schema = tableSchemaOf(contract);
  return {
    kind: 'contract',
    name,
    check: async () => schema,
    async apply(batch) {
      const rows: Output[] = [];
      const rowNumbers: (number | undefined)[] = [];
      const rejections: Rejection[] = [];
      batch.rows().forEach((record, index) => {
        const result = contract.safeParse(record);
        if (result.success) {
          rows.push(result.data);
          rowNumbers.push(batch.rowNumber(index));
        } else {
          rejections.push({ record, rowNumber: batch.rowNumber(index), ...explain(result.error) });
        }
      });
      return { batch: new Batch<Output>(batch.identity, { rows, rowNumbers, schema }), rejections };
    },
  };
}

/** All that is wrong with a record in one line, and the first column that is. */
function explain(error: z.ZodError): { message: string; column?: string } {
  const message = error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
  const column = error.issues[0]?.path[0];
  return column === undefined ? { message } : { message, column: String(column) };
}
