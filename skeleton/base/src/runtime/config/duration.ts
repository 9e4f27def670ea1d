import { z } from 'zod';

const SECONDS = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
]);

/** A whole number with a unit (`30s`, `15m`, `1h`, `2d`), read as seconds. */
export const durationSchema = z
  .string()
  .regex(/^\d{1,6}[smhd]$/, 'must be a duration: a whole number and a unit, such as 30s, 15m, 1h or 2d')
  .transform((text) => Number(text.slice(0, -1)) * (SECONDS.get(text.slice(-1)) ?? 0));
