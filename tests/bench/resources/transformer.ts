import { FieldTransformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';

type LineItem = {
  readonly l_linenumber: number;
  readonly l_shipinstruct: string;
  readonly l_shipmode: string;
  readonly l_comment: string;
};

/** Changes four fields of each row. */
class ChangeFields extends FieldTransformer<LineItem, LineItem> {
  change(row: LineItem): LineItem {
    return {
      l_linenumber: row.l_linenumber + 1,
      l_shipinstruct: row.l_shipinstruct.toLowerCase(),
      l_shipmode: row.l_shipmode.toLowerCase(),
      l_comment: row.l_comment.toUpperCase(),
    };
  }
}

export const moved = resource<LineItem>('moved').transform(new ChangeFields());
