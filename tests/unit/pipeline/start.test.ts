import { expect, it } from 'vitest';
import type { Checkpoint } from '../../../skeleton/base/src/runtime/pipeline/position.ts';
import { type StartOptions, startFrom } from '../../../skeleton/base/src/runtime/pipeline/start.ts';

const POSITION = { row: 7 };
const reached = (complete: boolean): Checkpoint => ({ sequence: 4, position: POSITION, complete });

it.each<[string, Checkpoint | undefined, Partial<StartOptions>, 'from the start' | 'behind the last record']>([
  ['a first run', undefined, {}, 'from the start'],
  ['an incremental run', reached(true), {}, 'behind the last record'],
  ['an incremental run after one that was killed', reached(false), {}, 'behind the last record'],
  ['a full run', reached(true), { mode: 'full' }, 'from the start'],
  ['a full run after one that was killed', reached(false), { mode: 'full' }, 'behind the last record'],
  [
    'a full run into replace after one that was killed',
    reached(false),
    { mode: 'full', writeMode: 'replace' },
    'from the start',
  ],
  ['a full refresh', reached(true), { fullRefresh: true }, 'from the start'],
  ['a full refresh after a run that was killed', reached(false), { fullRefresh: true }, 'from the start'],
])('%s begins where it should', (_, checkpoint, options, where) => {
  const start = startFrom(checkpoint, { mode: 'incremental', writeMode: 'append', fullRefresh: false, ...options });
  expect(start).toEqual({
    from: where === 'from the start' ? undefined : POSITION,
    firstSequence: checkpoint === undefined ? 1 : 5,
  });
});
