import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EXIT_CODES } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { kubernetesProblems, kustomize, parseManifests } from './kubernetes.ts';
import { render } from './rendered.ts';

const Labels = z.record(z.string(), z.string());
const ExitCodes = z.object({ containerName: z.string(), operator: z.literal('In'), values: z.array(z.number()) });
const Variable = z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() });
const CronJob = z.object({
  kind: z.literal('CronJob'),
  metadata: z.object({ name: z.string(), labels: Labels }),
  spec: z.looseObject({
    schedule: z.string(),
    timeZone: z.string(),
    concurrencyPolicy: z.string(),
    startingDeadlineSeconds: z.number(),
    jobTemplate: z.object({
      metadata: z.object({ labels: Labels }),
      spec: z.looseObject({
        backoffLimit: z.number().optional(),
        activeDeadlineSeconds: z.number(),
        ttlSecondsAfterFinished: z.number(),
        podFailurePolicy: z.object({
          rules: z.array(z.looseObject({ action: z.string(), onExitCodes: ExitCodes.optional() })),
        }),
        template: z.object({
          metadata: z.object({ labels: Labels }),
          spec: z.looseObject({
            restartPolicy: z.string(),
            serviceAccountName: z.string(),
            terminationGracePeriodSeconds: z.number(),
            volumes: z.array(z.looseObject({ name: z.string() })),
            containers: z.array(
              z.looseObject({
                name: z.string(),
                image: z.string(),
                env: z.array(Variable),
                resources: z.object({ requests: Labels, limits: Labels }),
                volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
              }),
            ),
          }),
        }),
      }),
    }),
  }),
});

const everything = {
  name: 'shop-orders',
  orchestrator: 'none',
  sources: ['files', 'postgres'],
  sinks: ['files', 'delta', 'postgres'],
  schedule: '5,35 4 1-7 JAN,JUL SUN',
  timezone: 'America/Argentina/Buenos_Aires',
  size: 'large',
  serviceTags: ['team:sales', 'tier:1'],
  repoUrl: 'github.com?owner=Acme&repo=Shop-Orders',
};
const little = { orchestrator: 'none', alertWebhook: 'none' };
const sharded = { ...everything, shards: 4, state: 'local' };
const fromDatabase = { orchestrator: 'none', sources: ['postgres'], sinks: ['postgres'], shards: 2 };

const built = new Map<object, unknown[]>();

beforeAll(async () => {
  for (const answers of [everything, little, sharded, fromDatabase]) {
    const folder = join(await render(answers), 'deploy/kubernetes');
    built.set(answers, await kustomize(folder));
    const names = (await readdir(folder)).filter((name) => name !== 'kustomization.yaml');
    const single = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    expect(await kubernetesProblems(single.flatMap(parseManifests))).toEqual([]);
  }
}, 600_000);

function manifest(answers: object, kind: string): unknown {
  return built.get(answers)?.find((candidate) => z.looseObject({ kind: z.string() }).parse(candidate).kind === kind);
}

function parts(answers: object) {
  const cronJob = CronJob.parse(manifest(answers, 'CronJob'));
  const job = cronJob.spec.jobTemplate;
  const pod = job.spec.template;
  const container = pod.spec.containers[0];
  if (container === undefined) throw new Error('The pod has no container');
  return { cronJob, job, pod, container };
}

test.each([everything, little, sharded, fromDatabase])(
  'the base builds and every manifest is valid %#',
  async (answers) => {
    const manifests = built.get(answers) ?? [];
    expect(await kubernetesProblems(manifests)).toEqual([]);
    expect(manifests.map((one) => z.looseObject({ kind: z.string() }).parse(one).kind).toSorted()).toEqual([
      'ConfigMap',
      'CronJob',
      'NetworkPolicy',
      ...(answers === fromDatabase ? [] : ['PersistentVolumeClaim']),
      'ServiceAccount',
    ]);
  },
);

describe('the CronJob', () => {
  test('keeps to the schedule, in its time zone, one run at a time', () => {
    const { cronJob, job } = parts(everything);
    expect(cronJob.metadata.name.length).toBeLessThanOrEqual(52);
    expect(cronJob.spec).toMatchObject({
      schedule: everything.schedule,
      timeZone: everything.timezone,
      concurrencyPolicy: 'Forbid',
    });
    // The controller looks every 10 s: with less, runs would be missed.
    expect(cronJob.spec.startingDeadlineSeconds).toBeGreaterThan(10);
    expect(() => new Intl.DateTimeFormat('en', { timeZone: cronJob.spec.timeZone })).not.toThrow();
    expect(job.spec.activeDeadlineSeconds).toBeGreaterThan(0);
  });

  test('tries again what another try can mend, and nothing else', () => {
    const { job, pod, container } = parts(everything);
    expect(pod.spec.restartPolicy).toBe('Never');
    expect(job.spec.backoffLimit).toBeGreaterThan(0);
    const actions = new Map<number, string>();
    for (const { action, onExitCodes } of job.spec.podFailurePolicy.rules) {
      if (onExitCodes === undefined) continue;
      expect(onExitCodes.containerName).toBe(container.name);
      for (const code of onExitCodes.values) actions.set(code, action);
    }
    expect(Object.fromEntries(actions)).toEqual({
      [EXIT_CODES.deadLetterBudget]: 'FailJob',
      [EXIT_CODES.usage]: 'FailJob',
      [EXIT_CODES.tryAgainLater]: 'Count',
    });
    expect(job.spec.podFailurePolicy.rules).toContainEqual({
      action: 'Ignore',
      onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
    });
  });

  test('runs without root, capabilities, token or writable root file system', () => {
    const { pod, container } = parts(everything);
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        fsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    expect(manifest(everything, 'ServiceAccount')).toMatchObject({
      metadata: { name: pod.spec.serviceAccountName },
      automountServiceAccountToken: false,
    });
  });

  test('keeps dead letters, history and local sinks on a volume that outlives the pod', () => {
    const { pod, container } = parts(everything);
    const data = container.volumeMounts.find(({ mountPath }) => mountPath === '/app/data');
    const claim = pod.spec.volumes.find(({ name }) => name === data?.name);
    expect(manifest(everything, 'PersistentVolumeClaim')).toMatchObject({
      metadata: {
        name: z.object({ persistentVolumeClaim: z.object({ claimName: z.string() }) }).parse(claim)
          .persistentVolumeClaim.claimName,
      },
    });
    const temporary = container.volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
    expect(pod.spec.volumes.find(({ name }) => name === temporary?.name)).toMatchObject({ emptyDir: {} });
  });

  test('carries the tags that tie its pods, metrics and traces together', () => {
    const { cronJob, job, pod, container } = parts(everything);
    for (const { metadata } of [cronJob, job, pod]) {
      expect(metadata.labels).toMatchObject({
        'tags.datadoghq.com/env': 'production',
        'tags.datadoghq.com/service': 'shop-orders',
        'tags.datadoghq.com/version': container.image.split(':')[1],
      });
    }
    expect(container.image).toBe('ghcr.io/acme/shop-orders:0.1.0');
    const references = Object.fromEntries(
      container.env.map(({ name, valueFrom }) => [
        name,
        z.object({ fieldRef: z.object({ fieldPath: z.string() }) }).safeParse(valueFrom).data?.fieldRef.fieldPath,
      ]),
    );
    expect(references).toMatchObject({
      DD_ENV: "metadata.labels['tags.datadoghq.com/env']",
      DD_SERVICE: "metadata.labels['tags.datadoghq.com/service']",
      DD_VERSION: "metadata.labels['tags.datadoghq.com/version']",
      DD_AGENT_HOST: 'status.hostIP',
    });
    expect(manifest(everything, 'ConfigMap')).toMatchObject({ data: { DD_TAGS: 'team:sales,tier:1' } });
  });

  test.each([
    ['small', '500m', '1Gi'],
    ['medium', '1', '2Gi'],
    ['large', '4', '8Gi'],
  ])('gets the resources of size %s', async (size, cpu, memory) => {
    const folder = await render({ ...little, size });
    const cronJob = parseManifests(await readFile(join(folder, 'deploy/kubernetes/cronjob.yaml'), 'utf8'))[0];
    const { resources } = CronJob.parse(cronJob).spec.jobTemplate.spec.template.spec.containers[0] ?? {};
    expect(resources).toMatchObject({ requests: { cpu, memory }, limits: { memory } });
  });
});

describe('with shards', () => {
  test('the Job has a pod for each of them, which is tried again by itself', () => {
    const { job, container } = parts(sharded);
    expect(job.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      backoffLimitPerIndex: 3,
      maxFailedIndexes: 4,
    });
    expect(job.spec.backoffLimit).toBeUndefined();
    const actions = job.spec.podFailurePolicy.rules.map(({ action }) => action);
    expect(actions).toEqual(['FailIndex', 'Ignore', 'Count']);
    expect(container).toMatchObject({ args: ['run', '--shard', '$(JOB_COMPLETION_INDEX)/4'] });
  });

  test('each pod writes its history and dead letters into folders of its own, on a volume that all can mount', () => {
    const { container } = parts(sharded);
    const index = container.env.findIndex(({ name }) => name === 'JOB_COMPLETION_INDEX');
    for (const name of ['STATE_PATH', 'DEAD_LETTERS_PATH']) {
      const at = container.env.findIndex((variable) => variable.name === name);
      // Kubernetes puts in only what was named before.
      expect(at).toBeGreaterThan(index);
      expect(container.env[at]?.value).toContain('/app/data/shards/$(JOB_COMPLETION_INDEX)/');
    }
    expect(manifest(sharded, 'PersistentVolumeClaim')).toMatchObject({ spec: { accessModes: ['ReadWriteMany'] } });
    expect(manifest(everything, 'PersistentVolumeClaim')).toMatchObject({ spec: { accessModes: ['ReadWriteOnce'] } });
  });
});

test('with the state in PostgreSQL, and nothing in files, there is no volume to keep', () => {
  const { container, pod } = parts(fromDatabase);
  expect(manifest(fromDatabase, 'PersistentVolumeClaim')).toBeUndefined();
  expect(pod.spec.volumes).toContainEqual({ name: 'data', emptyDir: {} });
  expect(container.env.map(({ name }) => name)).not.toContain('STATE_PATH');
  expect(container.env).toContainEqual({
    name: 'STATE_DATABASE_URL',
    valueFrom: { secretKeyRef: { name: 'orders-credentials', key: 'STATE_DATABASE_URL' } },
  });
  expect(manifest(everything, 'PersistentVolumeClaim')).toBeDefined();
});

describe('secrets and network', () => {
  test('secrets are references to keys of one Secret, and no manifest holds a value', () => {
    const { container } = parts(everything);
    const fromSecret = container.env.flatMap(({ name, valueFrom }) => {
      const reference = z
        .object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) })
        .safeParse(valueFrom);
      return reference.success ? [[name, reference.data.secretKeyRef.name, reference.data.secretKeyRef.key]] : [];
    });
    expect(fromSecret).toEqual(
      [
        'STATE_DATABASE_URL',
        'SHOP_DATABASE_URL',
        'WAREHOUSE_DATABASE_URL',
        'ALERT_WEBHOOK_URL',
        'ALERT_WEBHOOK_SECRET',
      ].map((name) => [name, 'shop-orders-credentials', name]),
    );
    expect(container.env.filter(({ value }) => value !== undefined)).toEqual([]);
    expect(JSON.stringify(built.get(everything))).not.toMatch(/postgres:\/\/|whsec_/);
    expect(JSON.stringify(built.get(little))).not.toContain('credentials');
  });

  test('nothing gets in, and out only what the chosen systems need', () => {
    const ports = (answers: object) =>
      z
        .object({
          spec: z.object({
            ingress: z.array(z.unknown()).length(0),
            egress: z.array(z.looseObject({ ports: z.array(z.object({ protocol: z.string(), port: z.number() })) })),
          }),
        })
        .parse(manifest(answers, 'NetworkPolicy'))
        .spec.egress.flatMap((rule) => rule.ports.map(({ protocol, port }) => `${protocol} ${port}`));
    const always = ['UDP 53', 'TCP 53', 'UDP 8125', 'TCP 8126'];
    expect(ports(little)).toEqual(always);
    expect(ports(everything)).toEqual([...always, 'TCP 5432', 'TCP 443']);
    expect(manifest(everything, 'NetworkPolicy')).toMatchObject({
      spec: {
        policyTypes: ['Ingress', 'Egress'],
        podSelector: {
          matchLabels: { 'app.kubernetes.io/name': parts(everything).pod.metadata.labels['app.kubernetes.io/name'] },
        },
      },
    });
  });
});
