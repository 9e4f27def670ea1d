import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { Airflow, type DagFolder } from './airflow.ts';
import { kubernetesProblems } from './kubernetes.ts';
import { render } from './rendered.ts';

const common = {
  description: 'Moves the "orders" of the shop, it\'s said.',
  owner: 'group:default/sales',
  schedule: '*/20 6-18 * * MON-FRI',
  timezone: 'Europe/Berlin',
  serviceTags: ['team:sales', 'tier:1'],
  repoUrl: 'github.com?owner=Acme&repo=Shop-Orders',
};

let folders: DagFolder[];

beforeAll(async () => {
  const airflow = await Airflow.install();
  const rendered = [
    await render({ ...common, airflowOperator: 'ecs', size: 'large', name: 'shop-customer-orders' }),
    await render({ ...common, airflowOperator: 'docker', size: 'medium' }),
    await render({ ...common, airflowOperator: 'kubernetes', size: 'small' }),
    await render({ airflowOperator: 'docker' }),
    await render({ airflowOperator: 'ecs', shards: 2 }),
    await render({ airflowOperator: 'docker', shards: 3 }),
    await render({ airflowOperator: 'kubernetes', shards: 2, serviceTags: ['team:sales'] }),
    await render({ airflowOperator: 'docker', mode: 'full' }),
  ];
  folders = await airflow.describe(rendered.map((folder) => join(folder, 'deploy/airflow')));
  await airflow.remove();
}, 600_000);

function tasksOf(index: number) {
  return folders[index]?.dags[0]?.tasks ?? [];
}

function taskOf(index: number) {
  const [task] = tasksOf(index);
  if (task === undefined) throw new Error(`No task: ${folders[index]?.errors.join('\n')}`);
  return task;
}

describe('a real Airflow', () => {
  test('reads every DAG without a complaint', () => {
    expect(folders.map(({ errors, dags }) => ({ errors, count: dags.length }))).toEqual(
      folders.map(() => ({ errors: [], count: 1 })),
    );
  });

  test('starts it on its schedule and in its time zone, one run at a time, and never catches up', () => {
    for (const folder of folders.slice(0, 3)) {
      expect(folder.dags[0]).toMatchObject({
        description: common.description,
        timetable: expect.stringContaining("expression='*/20 6-18 * * MON-FRI', timezone='Europe/Berlin'"),
        timezone: 'Europe/Berlin',
        catchup: false,
        maxActiveRuns: 1,
      });
    }
    expect(folders[0]?.dags[0]?.id).toBe('shop-customer-orders');
    expect(folders[3]?.dags[0]?.timezone).toBe('UTC');
  });

  test('tries again with growing pauses, except after exit codes that another try cannot mend', () => {
    for (const index of folders.keys()) {
      const task = taskOf(index);
      expect(task).toMatchObject({ retries: 3, retryDelay: 120, backoff: 2, timeout: 7200 });
      expect(task.finalExitCodes).toEqual([EXIT_CODES.deadLetterBudget, EXIT_CODES.usage]);
      expect(task.finalExitCodes).not.toContain(EXIT_CODES.tryAgainLater);
    }
  });

  test('shows who owns it and where the runbook is', () => {
    expect(taskOf(0).owner).toBe('sales');
    expect(folders[0]?.dags[0]?.tags).toEqual(['etl', 'from-files', 'shop-customer-orders', 'to-delta']);
    expect(folders[0]?.dags[0]?.documentation).toContain(
      'https://github.com/Acme/Shop-Orders/blob/main/docs/runbook.md',
    );
    expect(folders[3]?.dags[0]?.documentation).toContain('docs/runbook.md');
    expect(folders[3]?.dags[0]?.documentation).not.toContain('https://');
  });
});

describe('with shards', () => {
  const folders = (shard: number) => ({
    STATE_PATH: `/app/data/shards/${shard}/state`,
    DEAD_LETTERS_PATH: `/app/data/shards/${shard}/dead-letters`,
  });
  const renderedOf = (index: number) => tasksOf(index).map(({ rendered }) => rendered);

  test('on Fargate each one is a task with its own command and folders', () => {
    expect(renderedOf(4)).toMatchObject(
      [0, 1].map((shard) => ({
        overrides: {
          containerOverrides: [
            {
              command: ['run', '--shard', `${shard}/2`],
              environment: expect.arrayContaining(
                Object.entries(folders(shard)).map(([name, value]) => ({ name, value })),
              ),
            },
          ],
        },
      })),
    );
  });

  test('on Docker, too', () => {
    expect(renderedOf(5)).toMatchObject(
      [0, 1, 2].map((shard) => ({ command: ['run', '--shard', `${shard}/3`], environment: folders(shard) })),
    );
  });

  test('and on Kubernetes, where the pods are valid', async () => {
    expect(renderedOf(6)).toMatchObject(
      [0, 1].map((shard) => ({
        arguments: ['run', '--shard', `${shard}/2`],
        folders: Object.values(folders(shard)),
      })),
    );
    expect(await kubernetesProblems(tasksOf(6).map(({ pod }) => pod))).toEqual([]);
  });

  test('a full load stays one task', () => {
    expect(renderedOf(7)).toEqual([null]);
  });
});

test('on Fargate the task gets CPU and memory that Fargate has, and the Datadog tags', () => {
  const task = taskOf(0);
  expect(task).toMatchObject({ operator: 'EcsRunTaskOperator', launchType: 'FARGATE' });
  expect(task.taskDefinition).toBe('shop-customer-orders');
  expect(task.overrides).toMatchObject({
    cpu: '4096',
    memory: '8192',
    containerOverrides: [
      {
        name: 'pipeline',
        command: ['run'],
        environment: expect.arrayContaining([
          { name: 'DD_SERVICE', value: 'shop-customer-orders' },
          { name: 'DD_TAGS', value: 'team:sales,tier:1' },
        ]),
      },
    ],
  });
});

test('on Docker the container gets a lower-case image name, memory and a tag', () => {
  const task = taskOf(1);
  expect(task).toMatchObject({ operator: 'DockerOperator', memory: '2048m' });
  expect(task.image).toMatch(/^ghcr\.io\/acme\/shop-orders:/);
  expect(task.environment).toMatchObject({ DD_SERVICE: 'orders', DD_TAGS: 'team:sales,tier:1' });
  expect(taskOf(3).image).toMatch(/^orders:/);
});

test('on Kubernetes the pod is valid, without root and with a read-only file system', async () => {
  const { operator, pod } = taskOf(2);
  expect(operator).toBe('KubernetesPodOperator');
  expect(await kubernetesProblems([pod])).toEqual([]);
  expect(pod).toMatchObject({
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'pipeline',
          resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { memory: '1024Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  });
});
