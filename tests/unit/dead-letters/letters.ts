import {
  createDeadLetter,
  type DeadLetter,
  type DeadLetterSource,
} from '../../../skeleton/base/src/runtime/dead-letters/dead-letter.ts';

/** A dead letter as a contract makes it, with what a test wants to be different. */
export function letterOf(changes: Partial<DeadLetterSource> = {}): DeadLetter {
  return createDeadLetter({
    pipeline: 'shop',
    resource: 'orders',
    run: '0199c0de-0000-7000-8000-000000000001',
    stage: 'contract',
    component: 'RawOrder',
    sequence: 1,
    position: { file: 'orders/a.csv', row: 100 },
    origin: 'orders/a.csv',
    error: { code: 'REJECTED', message: 'total: is no number', column: 'total' },
    record: { order_id: 'A-1', total: 'twelve' },
    rowNumber: 17,
    index: 0,
    attempt: 1,
    ...changes,
  });
}
