import { readFileSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { everyFieldOf } from '../../scripts/template/answers.ts';
import { projectDirectory, readTemplate } from '../../scripts/template/definition.ts';
import { npm } from '../services/repositories/repository.ts';
import { createDatabase } from '../support/database.ts';
import { startBrowser } from './browser.ts';
import { Wizard } from './wizard.ts';

const { address, folder } = inject('preview');
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

interface Persona {
  readonly who: string;
  readonly name: string;
  /** Makes the choices of the pages between the first and the last one. */
  readonly choose: Record<'Data' | 'Transformation' | 'Run' | 'Watch', (wizard: Wizard) => Promise<void>>;
  readonly review: Readonly<Record<string, string>>;
  /** Answers that the review shows by their names: their questions came by a condition, or went away again. */
  readonly byName: readonly string[];
  /** What stands in pipeline.yaml of the resource `orders`. */
  readonly resource: object;
  /** Brings the input into the form that this person has, and gives the variables of a run. */
  readonly prepare: (service: string) => Promise<Record<string, string>>;
  /** A file that only these answers bring. */
  readonly file: string;
}

const questions = new Set(
  readTemplate().spec.parameters.flatMap((page) => [...everyFieldOf(page).values()].map(({ title }) => title)),
);

const nothing = async () => {};
const landing = (service: string, file: string) => rm(join(service, 'data/landing/orders', file));

const personas: Persona[] = [
  {
    who: 'CSV files into Delta, started by a CronJob',
    name: 'daily-csv-orders',
    choose: {
      Data: nothing,
      Transformation: nothing,
      Run: async (wizard) => {
        await wizard.option('orchestrator', /CronJob/).check();
        await wizard.field('schedule').fill('30 2 * * MON-FRI');
        await wizard.pick('timezone', 'berlin', 'Europe/Berlin');
        await expect
          .poll(() => wizard.page.getByRole('status').innerText())
          .toMatch(/^At 02:30, Monday through Friday\. Next: .+ 02:30.+\(Europe\/Berlin\)$/);
      },
      Watch: nothing,
    },
    review: {
      Sources: 'files',
      Sinks: 'delta',
      Orchestrator: 'None: a Kubernetes CronJob',
      'Time zone': 'Europe/Berlin',
    },
    byName: ['Airflow Operator'],
    resource: { source: { connection: 'landing' }, sink: { connection: 'lake', mode: 'append' }, mode: 'incremental' },
    prepare: async (service) => {
      await landing(service, '2026-03.ndjson');
      return {};
    },
    file: 'deploy/kubernetes/cronjob.yaml',
  },
  {
    who: 'PostgreSQL into Delta, what is new, started by Airflow',
    name: 'shop-orders',
    choose: {
      Data: async (wizard) => {
        await wizard.option('sources', 'PostgreSQL').check();
        await wizard.option('sources', /^Files/).uncheck();
        await wizard.option('cursor', /^order_id/).check();
      },
      Transformation: nothing,
      Run: async (wizard) => {
        await wizard.option('airflowOperator', 'Docker').check();
        await wizard.field('shards').fill('2');
      },
      Watch: async (wizard) => wizard.option('alertWebhook', 'Slack').check(),
    },
    review: {
      Sources: 'postgres',
      Mode: 'Incremental: what is new since the last run',
      'Airflow operator': 'Docker',
      Cursor: 'order_id',
      Shards: '2',
    },
    byName: ['Cursor'],
    resource: {
      source: { connection: 'shop', table: 'public.orders' },
      sink: { connection: 'lake' },
      incremental: { cursor: 'order_id', key: ['order_id'] },
      shards: 2,
    },
    prepare: async (service) => {
      const shop = await createDatabase(inject('postgresUrl'));
      await shop.sql(readFileSync(join(service, 'local/shop.sql'), 'utf8'));
      return { SHOP_DATABASE_URL: shop.url };
    },
    file: 'deploy/airflow/shop_orders_dag.py',
  },
  {
    who: 'NDJSON files into PostgreSQL by merge, with Polars',
    name: 'ndjson-orders',
    choose: {
      Data: async (wizard) => {
        await wizard.option('sinks', 'PostgreSQL').check();
        await wizard.option('sinks', 'Delta table').uncheck();
        await wizard.option('warehouseMode', /^Merge/).check();
      },
      Transformation: async (wizard) => wizard.option('engine', /^Polars/).check(),
      Run: async (wizard) => expect(await wizard.field('shards').count()).toBe(0),
      Watch: nothing,
    },
    review: {
      Sinks: 'postgres',
      'Compute engine': 'Polars: data frames',
      'Warehouse Mode': 'merge',
    },
    byName: ['Warehouse Mode'],
    resource: { sink: { connection: 'warehouse', mode: 'merge', key: ['order_id'] } },
    prepare: async (service) => {
      await landing(service, '2026-01.csv');
      await landing(service, '2026-02.csv');
      const warehouse = await createDatabase(inject('postgresUrl'));
      return { WAREHOUSE_DATABASE_URL: warehouse.url };
    },
    file: 'src/runtime/engines/polars/index.ts',
  },
];

it.each(personas)('$who: created, registered, tested and run', async (persona) => {
  const wizard = await Wizard.open(browser, address);
  await wizard.choose();
  await wizard.field('name').fill(persona.name);
  await expect.poll(() => wizard.page.getByRole('status').innerText()).toBe(`${persona.name} is free.`);
  await wizard.pick('owner', 'sales', 'Sales Analytics');
  await wizard.pick('system', 'sales', 'Sales');
  for (const [title, choose] of Object.entries(persona.choose)) {
    await wizard.next(title);
    await choose(wizard);
  }
  await wizard.next('Repository');
  await wizard.fillRepository('acme', persona.name);
  await wizard.next('Review');
  const review = await wizard.review();
  expect(review).toMatchObject({ Name: persona.name, System: 'system:default/sales', ...persona.review });
  const others = Object.keys(review).filter((title) => !questions.has(title));
  expect(others, 'nothing is answered that was not asked').toEqual(persona.byName);
  const links = await wizard.create();

  await links.catalog.click();
  await wizard.page.getByRole('heading', { name: persona.name }).waitFor();
  await wizard.page.goBack();
  await wizard.page.goto((await links.repository.getAttribute('href')) ?? '');
  await wizard.page.getByRole('link', { name: 'pipeline.yaml' }).waitFor();
  await wizard.close();

  const service = join(folder, 'acme', persona.name);
  const { resources } = parse(await readFile(join(service, 'pipeline.yaml'), 'utf8'));
  expect(resources.orders).toMatchObject(persona.resource);
  expect(await readFile(join(service, persona.file), 'utf8')).not.toBe('');
  // The union of what services need; tests/services/repositories installs each one by its own lockfile.
  await symlink(join(projectDirectory, 'skeleton/node_modules'), join(service, 'node_modules'));
  const variables = await persona.prepare(service);
  for (const command of [['test'], ['start']]) {
    const { status, output } = await npm(service, command, variables);
    expect(status, output).toBe(0);
    if (command[0] === 'start') expect(output).toMatch(/ [1-9][\d,]* written/);
  }
});
