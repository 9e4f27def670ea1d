import { type DataSet, hexadecimal } from './data-set.ts';

export const lineItems: DataSet = {
  name: 'line items',
  description:
    "16 columns in the shape of TPC-H's lineitem: integers, decimals, short codes, dates, a comment of 10 to 42 characters",
  columns: [
    'n AS l_orderkey',
    'n * 7 % 200000 AS l_partkey',
    'n * 3 % 10000 AS l_suppkey',
    'n % 7 + 1 AS l_linenumber',
    '(n % 50 + 1)::numeric(15, 2) AS l_quantity',
    '(n * 7919 % 10000000 / 100.0)::numeric(15, 2) AS l_extendedprice',
    '(n % 11 / 100.0)::numeric(15, 2) AS l_discount',
    '(n % 9 / 100.0)::numeric(15, 2) AS l_tax',
    "(ARRAY['A', 'N', 'R'])[n % 3 + 1] AS l_returnflag",
    "(ARRAY['O', 'F'])[n % 2 + 1] AS l_linestatus",
    "date '1992-01-01' + (n % 2500)::int AS l_shipdate",
    "date '1992-01-15' + (n % 2500)::int AS l_commitdate",
    "date '1992-02-01' + (n % 2500)::int AS l_receiptdate",
    "(ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[n % 4 + 1] AS l_shipinstruct",
    "(ARRAY['AIR', 'MAIL', 'SHIP', 'TRUCK', 'RAIL'])[n % 5 + 1] AS l_shipmode",
    `substr(${hexadecimal('n')} || ${hexadecimal('n + 1')}, 1, (10 + n % 33)::int) AS l_comment`,
  ],
};
