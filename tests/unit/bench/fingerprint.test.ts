import { describe, expect, it } from 'vitest';
import { compare, type Fingerprint } from '../../bench/fingerprint.ts';

const column = { type: 'DATE', kind: 'instant', hash: '1', missing: 0 };
const expected: Fingerprint = { rows: 2, whole: '5', columns: { a: column, b: { ...column, hash: '2' } } };

describe('compare', () => {
  it('finds nothing between the same', () => {
    expect(compare(expected, expected)).toEqual({ differences: [], types: [] });
  });

  it.each([
    { what: 'rows', actual: { ...expected, rows: 1 }, difference: '1 rows instead of 2' },
    { what: 'columns', actual: { ...expected, columns: { a: column } }, difference: 'b is missing' },
    {
      what: 'NULLs',
      actual: { ...expected, columns: { ...expected.columns, a: { ...column, missing: 1 } } },
      difference: 'a has 1 NULLs instead of 0',
    },
    {
      what: 'values',
      actual: { ...expected, columns: { ...expected.columns, a: { ...column, hash: '7' } } },
      difference: 'a has other values',
    },
    { what: 'places', actual: { ...expected, whole: '6' }, difference: 'values are in other rows' },
  ])('finds other $what', ({ actual, difference }) => {
    expect(compare(expected, actual).differences).toEqual([difference]);
  });

  it('tells of types apart from values', () => {
    const actual = { ...expected, columns: { ...expected.columns, a: { ...column, type: 'VARCHAR' } } };
    expect(compare(expected, actual)).toEqual({ differences: [], types: ['a: DATE → VARCHAR'] });
  });
});
