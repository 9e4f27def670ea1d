import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';

const run = promisify(execFile);

/** Enough for the Kubernetes client to be made; nothing listens there. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: none, cluster: { server: "http://127.0.0.1:9" } }]
contexts: [{ name: none, context: { cluster: none, user: none } }]
users: [{ name: none, user: {} }]
current-context: none
`;

const Task = z.object({
  operator: z.string(),
  owner: z.string(),
  retries: z.number(),
  retryDelay: z.number(),
  backoff: z.number(),
  timeout: z.number(),
  finalExitCodes: z.array(z.number()),
  image: z.string().nullable(),
  taskDefinition: z.string().nullable(),
  launchType: z.string().nullable(),
  overrides: z.unknown(),
  environment: z.unknown(),
  memory: z.string().nullable(),
  pod: z.unknown(),
  /** What the container of a mapped task is started with. */
  rendered: z
    .object({
      command: z.unknown(),
      arguments: z.unknown(),
      environment: z.unknown(),
      overrides: z.unknown(),
      folders: z.array(z.string()),
    })
    .nullable(),
});

const DagFolder = z.object({
  errors: z.array(z.string()),
  dags: z.array(
    z.object({
      id: z.string(),
      description: z.string(),
      documentation: z.string(),
      timetable: z.string(),
      timezone: z.string(),
      catchup: z.boolean(),
      maxActiveRuns: z.number(),
      tags: z.array(z.string()),
      tasks: z.array(Task),
    }),
  ),
});

export type DagFolder = z.infer<typeof DagFolder>;

/** What became of one try of a task. */
export interface Attempt {
  /** Airflow's name for it: `success`, `failed`, `up_for_retry`; `undefined` when it did not come to an end. */
  readonly state: string | undefined;
  readonly log: string;
}

/** A real Airflow with a home of its own. */
export class Airflow {
  readonly #programs: string;
  readonly #home: string;

  private constructor(programs: string, home: string) {
    this.#programs = programs;
    this.#home = home;
  }

  static async install(): Promise<Airflow> {
    const programs = await pythonEnvironment('airflow', resolve(import.meta.dirname, 'requirements/airflow.txt'));
    const home = await mkdtemp(join(tmpdir(), 'airflow-'));
    await writeFile(join(home, 'kubeconfig'), KUBECONFIG);
    return new Airflow(programs, home);
  }

  async remove(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }

  /** What Airflow makes of folders with DAGs, in their order. */
  async describe(folders: readonly string[]): Promise<DagFolder[]> {
    const output = join(this.#home, 'dags.json');
    await this.#run('python', [resolve(import.meta.dirname, 'describe_dags.py'), output, ...folders]);
    return z.array(DagFolder).parse(JSON.parse(await readFile(output, 'utf8')));
  }

  /** Makes the metadata database and reads the DAGs of one folder into it. */
  async prepare(dagFolder: string): Promise<void> {
    await this.#run('airflow', ['db', 'migrate'], { AIRFLOW__CORE__DAGS_FOLDER: dagFolder });
    await this.#run('airflow', ['dags', 'reserialize'], { AIRFLOW__CORE__DAGS_FOLDER: dagFolder });
  }

  /** Starts a DAG in a process of its own and waits until its one task has been tried once. */
  async tryOnce(dag: string, dagFolder: string, environment: NodeJS.ProcessEnv): Promise<Attempt> {
    const airflow = spawn(join(this.#programs, 'airflow'), ['dags', 'test', dag], {
      env: this.#environment({ AIRFLOW__CORE__DAGS_FOLDER: dagFolder, ...environment }),
    });
    const ended = once(airflow, 'close');
    let log = '';
    for (const stream of [airflow.stdout, airflow.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk;
        // Airflow would now wait minutes for the next try, and not end when it is asked to.
        if (/new_state=up_for_retry\b.*\n/.test(log)) airflow.kill('SIGKILL');
      });
    }
    await ended;
    return { state: /.*new_state=(\w+)/s.exec(log)?.[1], log };
  }

  async #run(program: string, parameters: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout, stderr } = await run(join(this.#programs, program), parameters, {
      maxBuffer: 2 ** 26,
      env: this.#environment(environment),
    });
    return stdout + stderr;
  }

  #environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${this.#programs}:${process.env.PATH}`,
      AIRFLOW_HOME: this.#home,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      KUBECONFIG: join(this.#home, 'kubeconfig'),
      ...more,
    };
  }
}
