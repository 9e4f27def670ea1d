/**
 * Loads batches of made-up records into tables, a commit each, from where the stream stands.
 *
 *     node load-batches.mjs '{"paths": […], "stream": …, "mode": "append", "batches": 10, "rows": 1000, "first": 0}'
 *
 * Record `first + n` has the id `first + n`.
 */
import { randomUUIDv7 } from 'node:crypto';

import { DeltaLoader } from './src/runtime/connectors/delta/loader.ts';
import { Batch } from './src/runtime/pipeline/batch.ts';

const { paths, stream, mode, batches, rows, first, partitionBy } = JSON.parse(process.argv[2]);
const schema = {
  fields: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'country', type: { kind: 'string' }, nullable: true },
    { name: 'note', type: { kind: 'string' }, nullable: true },
  ],
};
const countries = ['AT', 'DE', 'FR', null];

for (const path of paths) {
  const loader = new DeltaLoader({ path, writer: randomUUIDv7(), stream, mode, partitionBy });
  const checkpoint = await loader.checkpoint(stream);
  await loader.prepare(schema);
  const resumed = mode === 'replace' || checkpoint === undefined ? 0 : checkpoint.position.batch;
  const started = checkpoint?.sequence ?? 0;
  for (let batch = resumed + 1; batch <= batches; batch++) {
    const records = Array.from({ length: rows }, (_, index) => {
      const id = first + (batch - 1) * rows + index;
      return { id, country: countries[id % 4], note: id % 5 === 0 ? null : `record ${id}` };
    });
    const identity = { stream, sequence: started + batch - resumed, position: { batch }, origin: 'test' };
    await loader.load(new Batch(identity, { rows: records }), () => {
      throw new Error('No record is refused here.');
    });
    await loader.finish(batch === batches);
  }
  await loader.close();
}
