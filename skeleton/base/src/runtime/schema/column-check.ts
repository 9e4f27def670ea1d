import { z } from 'zod';
import type { Column } from '../columns/column.ts';

/**
 * Checks a whole column: marks the values that it does not accept, and gives the column that the accepted ones become,
 * the same one where they stay as they are. NULLs are not its business; it may mark them or not.
 *
 * @returns `undefined` for a column of a type that it does not know; nothing is marked then
 */
export type ColumnCheck = (column: Column, length: number, doubts: Uint8Array) => Column | undefined;

export function booleanCheck(type: z.core.$ZodType): ColumnCheck | undefined {
  if (!(type instanceof z.ZodBoolean) || type.def.coerce || type.def.checks?.length) return undefined;
  return (column) => (column.field.type.kind === 'boolean' ? column : undefined);
}

/** The checks of a type, those included that `z.int()` and its like are themselves. */
export function checksOf(type: z.core.$ZodType): z.core.$ZodChecks['_zod']['def'][] {
  const own = type instanceof z.core.$ZodNumberFormat || type instanceof z.core.$ZodStringFormat ? [type._zod.def] : [];
  return [...own, ...(type._zod.def.checks ?? []).map((check) => (check as z.core.$ZodChecks)._zod.def)];
}

/** By the definitions of types: the copies of a type that `meta` and `describe` make share it, refined ones do not. */
const declared = new WeakMap<object, ColumnCheck>();

/** Says how a column is checked for a type that is put together of several. @returns the type */
export function withColumnCheck<T extends z.ZodType>(type: T, check: ColumnCheck): T {
  declared.set(type.def, check);
  return type;
}

export function declaredCheck(type: z.core.$ZodType): ColumnCheck | undefined {
  return declared.get(type._zod.def);
}
