import { z } from 'zod';
import { decimal, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';

/** Checks each of the 16 fields of each row. */
export const LineItem = z.object({
  l_orderkey: integer(),
  l_partkey: integer(),
  l_suppkey: integer(),
  l_linenumber: integer(),
  l_quantity: decimal(15, 2),
  l_extendedprice: decimal(15, 2),
  l_discount: decimal(15, 2),
  l_tax: decimal(15, 2),
  l_returnflag: z.enum(['A', 'N', 'R']),
  l_linestatus: z.enum(['O', 'F']),
  l_shipdate: z.iso.date(),
  l_commitdate: z.iso.date(),
  l_receiptdate: z.iso.date(),
  l_shipinstruct: z.string().max(25),
  l_shipmode: z.enum(['AIR', 'MAIL', 'RAIL', 'SHIP', 'TRUCK']),
  l_comment: z.string().min(10).max(44),
});
export type LineItem = z.output<typeof LineItem>;
