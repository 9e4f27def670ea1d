import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import {
  type DataFrame,
  FrameTransformer,
  pl,
} from '../../../skeleton/engines/polars/src/runtime/engines/polars/index.ts';

type LineItem = Readonly<Record<'l_linenumber' | 'l_shipinstruct' | 'l_shipmode' | 'l_comment', string | number>>;

/** Changes four columns of each batch. */
class ChangeColumns extends FrameTransformer<LineItem, LineItem> {
  transformFrame(frame: DataFrame): DataFrame {
    return frame.withColumns(
      pl.col('l_linenumber').add(pl.lit(1)).cast(pl.Int64).alias('l_linenumber'),
      pl.col('l_shipinstruct').str.toLowerCase(),
      pl.col('l_shipmode').str.toLowerCase(),
      pl.col('l_comment').str.toUpperCase(),
    );
  }
}

export const moved = resource<LineItem>('moved').transform(new ChangeColumns());
