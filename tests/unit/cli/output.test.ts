import { describe, expect, it } from 'vitest';
import { formatDuration, formatTable, formatTime, printable } from '../../../skeleton/base/src/runtime/cli/output.ts';
import { describeLocation } from '../../../skeleton/base/src/runtime/cli/report-error.ts';

describe('output for people', () => {
  it.each([
    [0, '0.0 s'],
    [1_234, '1.2 s'],
    [59_940, '59.9 s'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('shows times in UTC', () => {
    expect(formatTime('2026-03-01T08:30:12.345Z')).toBe('2026-03-01 08:30:12');
  });

  it('aligns text to the left and numbers to the right', () => {
    const table = formatTable(
      ['name', 'count', 'note'],
      [
        ['a', 1_000, ''],
        ['longer', 5, 'x'],
      ],
    );
    expect(table).toBe('name    count  note\na       1,000\nlonger      5  x');
  });

  it('keeps contents on their line and out of the terminal', () => {
    expect(printable('a\nb\u001b[31mc\t\u0007')).toBe('a b [31mc');
    expect(printable('abcdef', 4)).toBe('abc…');
  });

  it('says where an error happened', () => {
    const where = { file: 'data/orders.csv', line: 3, column: 'total', resource: 'orders', batch: 0, row: 17 };
    expect(describeLocation(where)).toBe(
      'resource orders, file data/orders.csv, line 3, batch 0, row 17, column total',
    );
    expect(describeLocation({})).toBe('');
  });
});
