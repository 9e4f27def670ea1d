import { z } from 'zod';
import { Transformer } from '../../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { resource } from '../../../../skeleton/base/src/runtime/resource.ts';

const Entry = z.object({ id: z.int(), total: z.string().regex(/^\d+\.\d+$/) });

class Renumber extends Transformer<z.infer<typeof Entry>, z.infer<typeof Entry>> {
  override transform(rows: readonly z.infer<typeof Entry>[]) {
    return rows.map((row) => ({ ...row, id: row.id + 1 }));
  }
}

/** Every record but one has a number as its total. */
export const queue = resource('queue').from(Entry).transform(new Renumber());
