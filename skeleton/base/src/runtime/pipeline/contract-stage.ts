import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { Properties, Property } from '../columns/properties.ts';
import { replaceValues } from '../columns/replace-values.ts';
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
      const checked = batch.records.columnar ? await check?.(batch.records) : undefined;
      const outcome = checked && (await settle(batch, checked, contract));
      if (outcome === undefined) return checkRows(batch, compiled, schema);
      const { records, rejected } = outcome;
      return {
        batch: batch.withRecords<Output>(records, schema).without(new Set(rejected.keys())),
        rejections: [...rejected.values()],
      };
    },
  };
}

/** Records that zod checks between two turns of the event loop. */
const RECORDS_AT_ONCE = 1000;

async function checkRows<Input, Output>(
  batch: Batch<Input>,
  contract: z.ZodType<Output>,
  schema: ReturnType<typeof tableSchemaOf>,
): Promise<StageOutcome<Output>> {
  const rows: Output[] = [];
  const rowNumbers: (number | undefined)[] = [];
  const rejections: Rejection[] = [];
  for (let start = 0; start < batch.size; start += RECORDS_AT_ONCE) {
    const part = batch.slice(start, Math.min(start + RECORDS_AT_ONCE, batch.size));
    part.rows().forEach((record, index) => {
      const rowNumber = part.rowNumber(index);
      const result = contract.safeParse(record);
      if (result.success) {
        rows.push(result.data);
        rowNumbers.push(rowNumber);
      } else {
        rejections.push({ record, rowNumber, ...explain(result.error) });
      }
    });
    await setImmediate();
  }
  return { batch: new Batch<Output>(batch.identity, { rows, rowNumbers, schema }), rejections };
}

interface Settled {
  readonly records: Properties;
  /** By index. */
  readonly rejected: ReadonlyMap<number, Rejection>;
}

/** Has zod decide on the doubtful records. @returns `undefined` when that is most of them, or when they get other properties */
async function settle<Input>(
  batch: Batch<Input>,
  { records, doubts }: CheckedRecords,
  contract: z.ZodType,
): Promise<Settled | undefined> {
  const rejected = new Map<number, Rejection>();
  const doubtful = indicesOf(doubts);
  if (doubtful.length > batch.size / 2) return undefined;
  const corrections = new Map<string, Map<number, unknown>>();
  for (let start = 0; start < doubtful.length; start += RECORDS_AT_ONCE) {
    const indices = doubtful.slice(start, start + RECORDS_AT_ONCE);
    const given = batch.records.take(indices).rows();
    const supposed = records.take(indices);
    for (const [position, index] of indices.entries()) {
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
    await setImmediate();
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
    const column = property.column && replaceValues(property.column, property.length, corrected);
    if (column !== undefined) return Property.fromColumn(column, property.length);
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
