import { z } from 'zod';
import { Properties, Property } from '../columns/properties.ts';
import { type CheckedRecords, compileContract } from '../schema/compiled-contract.ts';
import { tableSchemaOf } from '../schema/contract.ts';
import { Batch, type Rejection } from './batch.ts';
import type { Stage, StageOutcome } from './stage.ts';

/**
 * Checks each record against a contract and gives it the contract's types. What is in columns stays there; zod is
 * asked only for records that the compiled contract does not accept.
 */
export function contractStage<Input, Output>(contract: z.ZodType<Output>, name: string): Stage<Input, Output> {
  const schema = tableSchemaOf(contract);
  const check = compileContract(contract);
  const compiled = z.compile(contract);
  return {
    kind: 'contract',
    name,
    check: async () => schema,
    async apply(batch) {
      const checked = batch.records.columnar ? check?.(batch.records) : undefined;
      const outcome = checked && settle(batch, checked, contract);
      if (outcome === undefined) return checkRows(batch, compiled, schema);
      const { records, rejected } = outcome;
      return {
        batch: batch.withRecords<Output>(records, schema).without(new Set(rejected.keys())),
        rejections: [...rejected.values()],
      };
    },
  };
}

function checkRows<Input, Output>(
  batch: Batch<Input>,
  contract: z.ZodType<Output>,
  schema: ReturnType<typeof tableSchemaOf>,
): StageOutcome<Output> {
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
}

interface Settled {
  readonly records: Properties;
  /** By index. */
  readonly rejected: ReadonlyMap<number, Rejection>;
}

/** Has zod decide on the doubtful records. @returns `undefined` when that is most of them, or when they get other properties */
function settle<Input>(
  batch: Batch<Input>,
  { records, doubts }: CheckedRecords,
  contract: z.ZodType,
): Settled | undefined {
  const rejected = new Map<number, Rejection>();
  const doubtful = indicesOf(doubts);
  if (doubtful.length === 0) return { records, rejected };
  if (doubtful.length > batch.size / 2) return undefined;
  const given = batch.records.take(doubtful).rows();
  const supposed = records.take(doubtful);
  const corrections = new Map<string, Map<number, unknown>>();
  for (const [position, index] of doubtful.entries()) {
    const record = given[position];
    const result = contract.safeParse(record);
    if (!result.success) {
      rejected.set(index, { record, rowNumber: batch.rowNumber(index), ...explain(result.error) });
      continue;
    }
    const output = Object.entries(result.data as object);
    if (output.length !== supposed.list.length) return undefined;
    for (const [name, value] of output) {
      const property = supposed.property(name);
      if (property === undefined) return undefined;
      if (Object.is(property.values()[position], value)) continue;
      corrections.set(name, (corrections.get(name) ?? new Map()).set(index, value));
    }
  }
  return { records: correct(records, corrections), rejected };
}

function indicesOf(doubts: Uint8Array): number[] {
  const indices: number[] = [];
  for (let index = doubts.indexOf(1); index >= 0; index = doubts.indexOf(1, index + 1)) indices.push(index);
  return indices;
}

function correct(records: Properties, corrections: ReadonlyMap<string, ReadonlyMap<number, unknown>>): Properties {
  if (corrections.size === 0) return records;
  const list = records.list.map((property) => {
    const corrected = corrections.get(property.name);
    if (corrected === undefined) return property;
    const values = [...property.values()];
    for (const [index, value] of corrected) values[index] = value;
    return Property.fromValues(property.name, values);
  });
  return new Properties(list, records.length);
}

/** All that is wrong with a record in one line, and the first column that is. */
function explain(error: z.ZodError): { message: string; column?: string } {
  const message = error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
  const column = error.issues[0]?.path[0];
  return column === undefined ? { message } : { message, column: String(column) };
}
