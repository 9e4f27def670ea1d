import { z } from 'zod';

/** Options of a connection of type `delta`. */
export const connectionOptions = z.strictObject({
  path: z.string().min(1).describe('Folder that holds the tables; created when it is missing.'),
});

const RELATIVE_FOLDER = /^(?!\.{1,2}(\/|$))[\p{L}\p{N}_.-]+(\/(?!\.{1,2}(\/|$))[\p{L}\p{N}_.-]+)*$/u;

/** Options of a resource's `sink` on a Delta connection. */
export const sinkOptions = z.strictObject({
  table: z
    .string()
    .regex(RELATIVE_FOLDER, { error: 'is not a folder name like orders or sales/orders' })
    .describe("Folder of the table below the connection's path: orders, sales/orders."),
  partitionBy: z
    .array(z.string().min(1))
    .refine((names) => new Set(names).size === names.length, { error: 'names a column twice' })
    .optional()
    .describe(
      'Columns whose values the files are divided by. Few different values: each one has at least one file per ' +
        'commit. A table that exists keeps the columns that it was made with.',
    ),
});
