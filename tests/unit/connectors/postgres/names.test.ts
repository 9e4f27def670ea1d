import { describe, expect, it } from 'vitest';
import {
  sinkOptions,
  sourceOptions,
} from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/options.ts';
import {
  besideTable,
  parseTableName,
  quoteTable,
} from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/table-name.ts';

describe('table names', () => {
  it.each([
    ['orders', '"public"."orders"'],
    ['sales.Orders', '"sales"."Orders"'],
    ['"a.b"."c ""d"""', '"a.b"."c ""d"""'],
    ['sales."2026"', '"sales"."2026"'],
  ])('%s is %s', (text, quoted) => {
    const table = parseTableName(text);
    expect(table && quoteTable(table)).toBe(quoted);
  });

  it.each(['', '.', 'a.', '.b', 'a.b.c', '"a', 'a"b', '"a"b', 'a."b'])('%s is none', (text) => {
    expect(parseTableName(text)).toBeUndefined();
    expect(sinkOptions.safeParse({ table: text }).error?.issues[0]?.message).toContain('is not a table name');
  });

  it('leave room for what stands beside them', () => {
    const { name } = besideTable({ schema: 'public', name: `${'é'.repeat(30)}abc` }, '__staging');
    expect(name).toBe(`${'é'.repeat(27)}__staging`);
    expect(Buffer.byteLength(name)).toBe(63);
  });
});

describe('source options', () => {
  it.each([
    [{ table: 'orders' }, undefined],
    [{ query: 'SELECT 1 AS one' }, undefined],
    [{}, 'needs either a table or a query'],
    [{ table: 'orders', query: 'SELECT 1' }, 'needs either a table or a query'],
    [{ query: 'SELECT 1; ' }, 'ends with a semicolon; leave it out'],
    [{ query: ' ' }, 'is empty'],
  ])('%j', (options, message) => {
    expect(sourceOptions.safeParse(options).error?.issues[0]?.message).toBe(message);
  });
});
