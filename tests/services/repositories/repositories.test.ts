import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { completeAnswers } from '../../../scripts/template/answers.ts';
import { readTemplate, withoutRemote } from '../../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../../scripts/template/scaffolder.ts';
import { type Chosen, describeAnswers, installedCombinations } from '../../render/answers.ts';
import { install, npm } from './repository.ts';

const template = withoutRemote(readTemplate());
const scaffolder = new LocalScaffolder(template);
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'etl-repositories-'));
  await scaffolder.start();
});
afterAll(async () => {
  await scaffolder.stop();
  await rm(root, { recursive: true, force: true });
});

/** A new database, filled with a script if there is one. */
async function database(name: string, script?: string): Promise<string> {
  const admin = new Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  if (script !== undefined) {
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(script);
    await client.end();
  }
  return url.href;
}

async function databasesFor(
  { sources, sinks }: Chosen,
  folder: string,
  index: number,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  if (sources.includes('postgres')) {
    variables.SHOP_DATABASE_URL = await database(`shop_${index}`, readFileSync(join(folder, 'local/shop.sql'), 'utf8'));
  }
  if (sinks.includes('postgres')) variables.WAREHOUSE_DATABASE_URL = await database(`warehouse_${index}`);
  return variables;
}

/** Milliseconds for a repository to be installed and checked, on a machine that does other things too. */
const INSTALL_TIMEOUT = 300_000;

describe('a repository is created by the scaffolder, installed, checked, tested without any server, and run', () => {
  const all = installedCombinations();
  it.each(all.map((answers, index) => [describeAnswers(answers), answers, index] as const))(
    '%s',
    async (_, answers, index) => {
      const folder = join(root, String(index));
      await scaffolder.run(completeAnswers(template, answers), folder);
      expect(await install(folder)).toMatchObject({ status: 0 });
      const has = (name: string) => existsSync(join(folder, 'node_modules', name));
      const systems = [...answers.sources, ...answers.sinks];
      expect({ polars: has('nodejs-polars'), duckdb: has('@duckdb/node-api'), postgres: has('pg') }).toEqual({
        polars: answers.engine === 'polars',
        duckdb: answers.engine === 'duckdb',
        postgres: systems.includes('postgres'),
      });

      for (const script of ['check', 'test']) {
        const { status, output } = await npm(folder, ['run', script]);
        expect(status, output).toBe(0);
      }
      const variables = await databasesFor(answers, folder, index);
      const first = await npm(folder, ['start'], variables);
      expect(first.status, first.output).toBe(0);
      expect(first.output).toMatch(/ [1-9][\d,]* written/);
      const second = await npm(folder, ['start'], variables);
      expect(second.status, second.output).toBe(0);
      if (answers.mode === 'incremental') expect(second.output).toMatch(/orders +nothing new/);
      else expect(second.output).toMatch(/ [1-9][\d,]* written/);
    },
    INSTALL_TIMEOUT,
  );
});
