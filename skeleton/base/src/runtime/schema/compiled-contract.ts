import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { MostlyColumns } from '../columns/mostly-columns.ts';
import { Properties, Property } from '../columns/properties.ts';
import type { Records } from '../columns/records.ts';
import { type CheckField, compileField } from './field-check.ts';

/** What a compiled contract makes of the records of a batch. */
export interface CheckedRecords {
  /** What the contract gives; values at doubtful indices mean nothing. */
  readonly records: Properties;
  /** 1 for each record that only zod can decide on. */
  readonly doubts: Uint8Array;
}

/** @returns `undefined` for records whose properties it cannot check one by one */
export type CheckRecords = (records: Records) => Promise<CheckedRecords | undefined>;

interface CompiledField {
  readonly name: string;
  readonly check: CheckField;
  /** What becomes of records that do not have the property. */
  readonly absent: (length: number) => Absent;
}

type Absent = { readonly property?: Property } | undefined;

/**
 * Compiles a contract into checks of whole columns. It never decides against a record: what it does not accept is
 * doubtful, and zod has the last word.
 *
 * @returns `undefined` for a contract that is no plain object, or that checks a record as a whole
 */
export function compileContract(contract: z.ZodType): CheckRecords | undefined {
  if (!(contract instanceof z.ZodObject) || contract.def.checks?.length) return undefined;
  const keys = Reflect.ownKeys(contract.shape);
  if (keys.some((key) => typeof key === 'symbol' || key === '__proto__')) return undefined;
  const unknownKeys = unknownKeysOf(contract.def.catchall);
  if (unknownKeys === undefined) return undefined;
  const fields = Object.entries(contract.shape).map(([name, type]) => compileProperty(name, type));
  return async (records) => {
    const { length } = records;
    const regular = records instanceof MostlyColumns ? records.regular : records;
    const given = regular.names();
    const unknown = given?.filter((name) => !Object.hasOwn(contract.shape, name)) ?? [];
    if (unknownKeys !== 'dropped' && (given === undefined || unknown.includes('__proto__'))) return undefined;
    if (unknownKeys === 'refused' && unknown.length > 0) return undefined;
    const doubts = new Uint8Array(length);
    if (records instanceof MostlyColumns) for (const index of records.exceptions.keys()) doubts[index] = 1;
    const list: Property[] = [];
    for (const { name, check, absent } of fields) {
      const property = regular.property(name);
      const checked = property === undefined ? absent(length) : { property: await check(property, doubts) };
      if (checked === undefined) return undefined;
      if (checked.property !== undefined) list.push(checked.property);
      await setImmediate();
    }
    if (unknownKeys === 'kept') list.push(...unknown.flatMap((name) => regular.property(name) ?? []));
    return { records: new Properties(list, length), doubts };
  };
}

/** What a contract does with properties that it does not name; `undefined`: something of its own. */
function unknownKeysOf(catchall: z.core.$ZodType | undefined): 'dropped' | 'refused' | 'kept' | undefined {
  if (catchall === undefined) return 'dropped';
  if (catchall instanceof z.ZodNever) return 'refused';
  return catchall instanceof z.ZodUnknown ? 'kept' : undefined;
}

function compileProperty(name: string, type: z.core.$ZodType): CompiledField {
  const alone = z.object({ [name]: type });
  const absent = (length: number): Absent => {
    const values: unknown[] = [];
    for (let index = 0; index < length; index++) {
      const result = alone.safeParse({});
      if (!result.success) return undefined;
      if (!Object.hasOwn(result.data, name)) return {};
      values.push(result.data[name]);
    }
    return { property: Property.fromValues(name, values) };
  };
  return { name, check: compileField(type), absent };
}
