import { beforeAll, describe, expect, it } from 'vitest';
import { compare, type Fingerprint, type FingerprintRequest, openFingerprints } from '../../bench/fingerprint.ts';
import { useDatabase } from '../postgres/database.ts';

const database = useDatabase();
let fingerprint: (request: FingerprintRequest) => Fingerprint;
let original: Fingerprint;

beforeAll(async () => {
  fingerprint = await openFingerprints(database.url);
  await table(
    'original',
    "(1::bigint, 1.50::numeric(8, 2), date '2026-01-31', 'one'), (2, -2, NULL, NULL), (3, 0.07, NULL, '')",
  );
  original = fingerprint({ relation: { kind: 'table', location: 'public.original' } });
});

async function table(name: string, values: string): Promise<void> {
  await database.sql(`CREATE TABLE ${name} AS SELECT * FROM (VALUES ${values}) AS v (id, price, day, name)`);
}

function differences(name: string): readonly string[] {
  const relation = { kind: 'table', location: `public.${name}` } as const;
  return compare(original, fingerprint({ relation, like: original })).differences;
}

describe('fingerprints', () => {
  it('are the same for the same rows in another order and in other types', async () => {
    await table(
      'other_types',
      "(3::numeric, 0.07::double precision, NULL, ''), (1, 1.5, timestamp '2026-01-31 00:00', 'one'), (2, -2, NULL, NULL)",
    );
    expect(differences('other_types')).toEqual([]);
  });

  it.each([
    {
      what: 'lost_row',
      values: "(1, 1.5, date '2026-01-31', 'one'), (2, -2, NULL, NULL)",
      column: '2 rows instead of 3',
    },
    {
      what: 'rounded',
      values: "(1, 1.5, date '2026-01-31', 'one'), (2, -2, NULL, NULL), (3, 0.1, NULL, '')",
      column: 'price has other values',
    },
    {
      what: 'empty_text',
      values: "(1, 1.5, date '2026-01-31', 'one'), (2, -2, NULL, ''), (3, 0.07, NULL, '')",
      column: 'name has 0 NULLs instead of 1',
    },
    {
      what: 'time_of_day',
      values: "(1, 1.5, timestamp '2026-01-31 00:00:01', 'one'), (2, -2, NULL, NULL), (3, 0.07, NULL, '')",
      column: 'day has other values',
    },
    {
      what: 'changed_places',
      values: "(1, 0.07, date '2026-01-31', 'one'), (2, -2, NULL, NULL), (3, 1.5, NULL, '')",
      column: 'values are in other rows',
    },
  ])('differ for $what', async ({ what, values, column }) => {
    await table(what, values);
    expect(differences(what)).toContain(column);
  });

  it('follow changes that are asked for', async () => {
    await table('changed', "(2, 1.5, date '2026-01-31', 'one'), (3, -2, NULL, NULL), (4, 0.07, NULL, '')");
    const relation = { kind: 'table', location: 'public.original' } as const;
    const expected = fingerprint({ relation, changes: { id: 'id + 1' } });
    const actual = fingerprint({ relation: { kind: 'table', location: 'public.changed' }, like: expected });
    expect(compare(expected, actual).differences).toEqual([]);
  });
});
