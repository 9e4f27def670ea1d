import { type DataSet, hexadecimal } from './data-set.ts';

export const documents: DataSet = {
  name: 'documents',
  description: '4 columns, one of them a text of 2 KB with quotes, commas and line ends in it',
  columns: [
    'n AS id',
    "timestamp '2024-01-01' + n * interval '1 second' AS written_at",
    `'Document ' || n AS title`,
    `repeat(${hexadecimal('n')} || ' said "' || ${hexadecimal('n + 1')} || E'",\\nand ', 26) AS body`,
  ],
};
