import { appendFile, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { holdLease } from '../../support/state.ts';
import { Airflow, type Attempt } from './airflow.ts';
import { Fargate } from './fargate.ts';
import { renderRunnable } from './rendered.ts';

let airflow: Airflow;
let repository: string;
let fargate: Fargate;

beforeAll(async () => {
  airflow = await Airflow.install();
  await airflow.prepare(join(await newRepository(), 'deploy/airflow'));
}, 600_000);

afterEach(() => fargate.stop());
afterAll(() => airflow.remove());

async function newRepository(): Promise<string> {
  repository = await renderRunnable({ airflowOperator: 'ecs', alertWebhook: 'none' });
  return repository;
}

/** Lets Airflow run the pipeline once, as the container of the Dockerfile would. */
async function runOnFargate(): Promise<Attempt> {
  const dockerfile = await readFile(join(repository, 'Dockerfile'), 'utf8');
  const entrypoint = /^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]';
  fargate = new Fargate({
    directory: repository,
    entrypoint: z.tuple([z.string()], z.string()).parse(JSON.parse(entrypoint)),
    environment: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  });
  const endpoint = await fargate.start();
  return airflow.tryOnce('orders', join(repository, 'deploy/airflow'), {
    AIRFLOW_VAR_ENVIRONMENT: 'staging',
    AIRFLOW_VAR_ETL_FARGATE: JSON.stringify({ cluster: 'etl', subnets: ['subnet-1'], securityGroups: ['sg-1'] }),
    AIRFLOW_CONN_AWS_DEFAULT: JSON.stringify({
      conn_type: 'aws',
      login: 'nobody',
      password: 'nothing',
      extra: { region_name: 'eu-central-1', endpoint_url: endpoint },
    }),
  });
}

test('the DAG runs the pipeline to its end, and its log is in the log of the task', { timeout: 600_000 }, async () => {
  await newRepository();
  const { state, log } = await runOnFargate();
  expect(state, log).toBe('success');
  expect(fargate.requests).toMatchObject([
    {
      cluster: 'etl',
      taskDefinition: 'orders',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
      overrides: {
        containerOverrides: [{ environment: expect.arrayContaining([{ name: 'DD_ENV', value: 'staging' }]) }],
      },
    },
  ]);
  expect(log).toContain('dead letters');
  expect(await readdir(join(repository, 'data/lake/orders'))).toContain('_delta_log');
});

test('a wrong configuration fails the task at once', { timeout: 600_000 }, async () => {
  await newRepository();
  await appendFile(join(repository, 'pipeline.yaml'), '\nresuorces: {}\n');
  const { state, log } = await runOnFargate();
  expect(state, log).toBe('failed');
  expect(log).toContain('Not retried, see the runbook');
  expect(log).toContain('resuorces');
});

test('a run that may try again later is tried again', { timeout: 600_000 }, async () => {
  await newRepository();
  const lease = await holdLease(join(repository, 'data/state'), 'orders');
  try {
    const { state, log } = await runOnFargate();
    expect(state, log).toBe('up_for_retry');
  } finally {
    await lease.release();
  }
});
