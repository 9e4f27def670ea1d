import { FieldTransformer } from '../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { LineItem } from './line-item.ts';

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
