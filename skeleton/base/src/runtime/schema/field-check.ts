import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { type Column, nullIndices } from '../columns/column.ts';
import { Property } from '../columns/properties.ts';
import { booleanCheck, type ColumnCheck, declaredCheck } from './column-check.ts';
import { numberCheck } from './number-check.ts';
import { textCheck } from './text-check.ts';

/** Marks the values that only zod can decide on, and gives what the others become. */
export type CheckField = (property: Property, doubts: Uint8Array) => Property | Promise<Property>;

/** Checks columns where it is known how, and asks zod for each value where it is not. */
export function compileField(type: z.core.$ZodType): CheckField {
  const { inner, nullable } = unwrap(type);
  const checkColumn = columnCheckOf(inner);
  const checkEach = valueCheck(type);
  return (property, doubts) => {
    const { column, length } = property;
    const checked = column && checkColumn?.(column, length, doubts);
    if (column === undefined || checked === undefined) return checkEach(property, doubts);
    if (!nullable) doubtNulls(column, length, doubts);
    return checked === column ? property : Property.fromColumn(checked, length);
  };
}

/** The type behind wrappers that only concern values which are missing. What a value is if it is not there is doubtful. */
function unwrap(type: z.core.$ZodType): { inner: z.core.$ZodType; nullable: boolean } {
  const { checks } = type._zod.def;
  if (checks !== undefined && checks.length > 0) return { inner: type, nullable: false };
  if (type instanceof z.ZodNullable) return { inner: unwrap(type.unwrap()).inner, nullable: true };
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return unwrap(type.unwrap());
  return { inner: type, nullable: type instanceof z.ZodAny || type instanceof z.ZodUnknown };
}

function columnCheckOf(type: z.core.$ZodType): ColumnCheck | undefined {
  if (type instanceof z.ZodAny || type instanceof z.ZodUnknown) return (column) => column;
  return declaredCheck(type) ?? booleanCheck(type) ?? numberCheck(type) ?? textCheck(type);
}

function doubtNulls(column: Column, length: number, doubts: Uint8Array): void {
  for (const index of nullIndices(column, length)) doubts[index] = 1;
}

/** Values between two turns of the event loop: what they are checked for may take its time. */
const VALUES_AT_ONCE = 4096;

/** A property that is `undefined` may also be missing, which is not the same: then the whole record decides. */
function valueCheck(type: z.core.$ZodType): CheckField {
  const compiled = z.compile(type);
  const parse = compiled instanceof z.ZodType ? compiled.safeParse : (value: unknown) => z.safeParse(compiled, value);
  return async (property, doubts) => {
    const values = property.values();
    let outputs: unknown[] | undefined;
    for (let index = 0; index < values.length; index++) {
      if (index % VALUES_AT_ONCE === VALUES_AT_ONCE - 1) await setImmediate();
      if (doubts[index] === 1) continue;
      const value = values[index];
      const result = value === undefined ? undefined : parse(value);
      if (result?.success !== true) {
        doubts[index] = 1;
      } else if (outputs !== undefined || !Object.is(result.data, value)) {
        outputs ??= [...values];
        outputs[index] = result.data;
      }
    }
    return outputs === undefined ? property : Property.fromValues(property.name, outputs);
  };
}
