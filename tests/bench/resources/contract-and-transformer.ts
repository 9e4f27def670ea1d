import { z } from 'zod';
import { FieldTransformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { decimal, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';

/** Checks each of the 16 fields of each row. */
const LineItem = z.object({
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

type LineItem = z.output<typeof LineItem>;
type Changes = Pick<LineItem, 'l_linenumber' | 'l_shipinstruct' | 'l_comment'> & { readonly l_shipmode: string };

/** Changes four fields of each row. */
class ChangeFields extends FieldTransformer<LineItem, Changes> {
  change(row: LineItem): Changes {
    return {
      l_linenumber: row.l_linenumber + 1,
      l_shipinstruct: row.l_shipinstruct.toLowerCase(),
      l_shipmode: row.l_shipmode.toLowerCase(),
      l_comment: row.l_comment.toUpperCase(),
    };
  }
}

export const moved = resource('moved').from(LineItem).transform(new ChangeFields());
