import { expect, test } from 'vitest';
import { timeByPart } from '../../bench/profile.ts';

/** Each frame is called by the one before it in the list `callers`, by index. */
function profile(frames: readonly (readonly [name: string, url: string, caller: number])[], samples: number[]): string {
  const nodes = frames.map(([functionName, url], index) => ({
    id: index,
    callFrame: { functionName, url },
    children: frames.flatMap(([, , caller], child) => (caller === index && child > 0 ? [child] : [])),
  }));
  return JSON.stringify({ nodes, samples, timeDeltas: samples.map(() => 500_000) });
}

const RUNTIME = 'file:///service/src/runtime';

test('time is counted for the folder of the runtime on whose behalf it was spent', () => {
  const text = profile(
    [
      ['(root)', '', -1],
      ['encode', `${RUNTIME}/formats/parquet/parquet-writer.ts`, 0],
      ['fill', 'node:buffer', 1],
      ['zlibBufferSync', 'node:zlib', 1],
      ['toString', `${RUNTIME}/pipeline/pipeline.ts`, 0],
      ['generated', '', 4],
      ['parse', 'file:///service/node_modules/zod/core.js', 4],
      ['transform', 'file:///service/src/resources/orders.ts', 4],
    ],
    [1, 2, 3, 4, 5, 6, 7],
  );
  expect(timeByPart(text)).toEqual({
    'formats/parquet': 1,
    compression: 0.5,
    pipeline: 1.5,
    'the resource itself': 0.5,
  });
});

test('what modules do while they are loaded is loading; what is outside of JavaScript has a name of its own', () => {
  const text = profile(
    [
      ['(root)', '', -1],
      ['(idle)', '', 0],
      ['(garbage collector)', '', 0],
      ['(program)', '', 0],
      ['run', 'node:internal/modules/esm/module_job', 0],
      ['(anonymous)', `${RUNTIME}/cli/run.ts`, 4],
      ['onread', 'node:internal/stream_base_commons', 0],
    ],
    [1, 1, 2, 3, 4, 5, 6],
  );
  expect(timeByPart(text)).toEqual({
    waiting: 1,
    'garbage collection': 0.5,
    'native code': 0.5,
    'loading of modules': 1,
    other: 0.5,
  });
});
