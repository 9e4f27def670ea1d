import { Client } from 'pg';
import { expect, inject, it } from 'vitest';

it('answers on the loopback interface to its password only', async () => {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  const { rows } = await client.query<{ listen_addresses: string }>('show listen_addresses');
  await client.end();
  expect(rows).toEqual([{ listen_addresses: '127.0.0.1' }]);

  const wrong = new URL(inject('postgresUrl'));
  wrong.password = 'wrong';
  const stranger = new Client({ connectionString: wrong.href });
  await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
});
