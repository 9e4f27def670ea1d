import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const RunTask = z.object({
  cluster: z.string(),
  taskDefinition: z.string(),
  launchType: z.string(),
  networkConfiguration: z.unknown(),
  startedBy: z.string(),
  overrides: z.object({
    cpu: z.string(),
    memory: z.string(),
    containerOverrides: z.array(
      z.object({
        name: z.string(),
        command: z.array(z.string()),
        environment: z.array(z.object({ name: z.string(), value: z.string() })),
      }),
    ),
  }),
});

export type RunTaskRequest = z.infer<typeof RunTask>;

const References = z.object({ tasks: z.array(z.string()) });
const StopTask = z.object({ task: z.string() });
const LogStream = z.object({ logStreamName: z.string(), nextToken: z.string().optional() });

/** What the containers of the stand-in run. */
export interface Container {
  readonly directory: string;
  readonly entrypoint: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
}

interface Task {
  readonly arn: string;
  readonly process: ChildProcess;
  readonly startedBy: string;
  readonly log: { timestamp: number; message: string }[];
  readonly describe: () => object;
}

/**
 * Stands in for ECS and CloudWatch Logs on the loopback interface: it takes the requests of a real AWS client and runs
 * the command of a task as a process of this machine. It knows no images, networks or limits.
 */
export class Fargate {
  /** All requests to run a task, in their order. */
  readonly requests: RunTaskRequest[] = [];
  readonly #tasks = new Map<string, Task>();
  readonly #container: Container;
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(
      (answer) => {
        response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(answer));
      },
      (error: Error) => {
        response.statusCode = 400;
        response.end(JSON.stringify({ __type: 'ClientException', message: error.message }));
      },
    );
  });

  constructor(container: Container) {
    this.#container = container;
  }

  /** Starts to listen and returns the endpoint. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address !== 'object') throw new Error('The server does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    for (const { process } of this.#tasks.values()) process.kill('SIGKILL');
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1);
    const body: unknown = JSON.parse((await text(request)) || '{}');
    switch (operation) {
      case 'RunTask':
        return { tasks: [this.#run(RunTask.parse(body)).describe()], failures: [] };
      case 'DescribeTasks': {
        const found = References.parse(body).tasks.map((reference) => this.#find(reference).describe());
        return { tasks: found, failures: [] };
      }
      case 'ListTasks':
        return { taskArns: [] };
      case 'StopTask': {
        const task = this.#find(StopTask.parse(body).task);
        task.process.kill('SIGTERM');
        return { task: task.describe() };
      }
      case 'GetLogEvents': {
        const { logStreamName, nextToken } = LogStream.parse(body);
        const { log } = this.#find(logStreamName.split('/').at(-1) ?? '');
        return { events: log.slice(Number(nextToken ?? 0)), nextForwardToken: String(log.length) };
      }
      default:
        throw new Error(`The stand-in does not know ${operation}`);
    }
  }

  #find(reference: string): Task {
    const task = [...this.#tasks.values()].find(({ arn }) => arn.endsWith(reference));
    if (task === undefined) throw new Error(`There is no task ${reference}`);
    return task;
  }

  #run(request: RunTaskRequest): Task {
    this.requests.push(request);
    const [override] = request.overrides.containerOverrides;
    if (override === undefined) throw new Error('The container gets no command');
    const arn = `arn:aws:ecs:eu-central-1:123456789012:task/${request.cluster}/${randomUUID().replaceAll('-', '')}`;
    const { directory, entrypoint, environment } = this.#container;
    const [program, ...first] = entrypoint;
    const process = spawn(program, [...first, ...override.command], {
      cwd: directory,
      env: { ...environment, ...Object.fromEntries(override.environment.map(({ name, value }) => [name, value])) },
    });
    const log: Task['log'] = [];
    for (const stream of [process.stdout, process.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        for (const message of chunk.trimEnd().split('\n')) log.push({ timestamp: Date.now(), message });
      });
    }
    const describe = () => {
      const stopped = process.exitCode !== null || process.signalCode !== null;
      const status = stopped ? 'STOPPED' : 'RUNNING';
      const ended = { exitCode: process.exitCode ?? 137 };
      return {
        taskArn: arn,
        taskDefinitionArn: request.taskDefinition,
        lastStatus: status,
        desiredStatus: status,
        ...(stopped && { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' }),
        containers: [{ name: override.name, lastStatus: status, ...(stopped && ended) }],
      };
    };
    const task = { arn, process, startedBy: request.startedBy, log, describe };
    this.#tasks.set(arn, task);
    return task;
  }
}
