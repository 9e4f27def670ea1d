import { type DataSet, hexadecimal } from './data-set.ts';

const KINDS: readonly string[] = [
  'n',
  '(n % 1000)::int',
  '(n * 31 % 1000003 / 100.0)::numeric(12, 2)',
  `substr(${hexadecimal('n')}, 1, 12)`,
  "date '2000-01-01' + (n % 9000)::int",
];

export const sparse: DataSet = {
  name: 'sparse',
  description: '16 columns, nine in ten of the values of all but the first are NULL',
  columns: [
    'n AS id',
    ...Array.from(
      { length: 15 },
      (_, index) => `CASE WHEN (n + ${index}) % 10 = 0 THEN ${KINDS[index % KINDS.length]} END AS s${index + 1}`,
    ),
  ],
};
