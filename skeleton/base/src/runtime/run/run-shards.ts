import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { EXIT_CODES, type ExitCode } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { type RunManifest, runManifestSchema } from '../state/run-manifest.ts';

/** How the process of one shard ended. */
export interface ShardResult {
  /** `0/2` */
  readonly shard: string;
  /** What it ran; nothing when it was killed or never began. */
  readonly manifests: readonly RunManifest[];
  readonly exitCode: ExitCode;
  /** Set when it did not end by itself. */
  readonly killedBy?: NodeJS.Signals;
}

const manifestsSchema = z.array(runManifestSchema);

/**
 * Starts this program once for each shard, with the arguments and `--shard`, and waits for all of them. They log to
 * our stderr. When `signal` asks to stop, so do they; a shard that fails does not keep the others from ending.
 *
 * @param onResult told as each shard ends
 */
export async function runShards(
  shards: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
  onResult: (result: ShardResult) => void,
): Promise<ShardResult[]> {
  return Promise.all(
    shards.map(async (shard) => {
      const result = await runShard(shard, args, signal);
      onResult(result);
      return result;
    }),
  );
}

async function runShard(shard: string, args: readonly string[], signal: AbortSignal): Promise<ShardResult> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1, 2), ...args, '--shard', shard], {
    // A terminal's Ctrl+C comes to this process alone, which passes it on.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LOG_LEVEL: logger.level },
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  process.once('exit', stop);
  if (signal.aborted) stop();
  child.stderr.pipe(process.stderr, { end: false });
  try {
    const [output, ended] = await Promise.all([text(child.stdout), endOf(child)]);
    const manifests = output === '' ? [] : manifestsSchema.parse(JSON.parse(output));
    return { shard, manifests, ...ended };
  } finally {
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
}

function endOf(child: ChildProcess): Promise<Pick<ShardResult, 'exitCode' | 'killedBy'>> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      const exitCode = Object.values(EXIT_CODES).find((known) => known === code) ?? EXIT_CODES.failed;
      resolve({ exitCode, ...(killedBy !== null && { killedBy }) });
    });
  });
}
