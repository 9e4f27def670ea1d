import { type DataSet, hexadecimal } from './data-set.ts';

/** Each turns the number of a column into its values. */
const KINDS: readonly ((column: number) => string)[] = [
  (column) => `n * ${column} % 1000003`,
  (column) => `(n * ${column} % 10007)::int`,
  (column) => `(n * ${column} % 1000003 / 100.0)::numeric(12, 2)`,
  // Never whole: NDJSON tells a type by its first records, and has one form for all numbers.
  (column) => `(n * ${column} % 1000003)::double precision / 8 + 0.0625`,
  (column) => `substr(${hexadecimal(`n + ${column}`)}, 1, (4 + n % 13)::int)`,
  (column) => `(ARRAY['new', 'open', 'done', 'late'])[(n + ${column}) % 4 + 1]`,
  (column) => `n * ${column} % 3 = 0`,
  (column) => `date '2000-01-01' + (n * ${column} % 9000)::int`,
  (column) => `timestamp '2020-01-01' + (n * ${column} % 100000007) * interval '1 millisecond'`,
];

export const wide: DataSet = {
  name: 'wide',
  description: '200 columns of nine types in turn',
  columns: Array.from({ length: 200 }, (_, index) => {
    const kind = KINDS[index % KINDS.length];
    return `${kind?.(index + 2)} AS c${String(index + 1).padStart(3, '0')}`;
  }),
};
