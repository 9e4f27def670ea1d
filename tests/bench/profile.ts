import { z } from 'zod';

/** What Node writes with `--cpu-prof`: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  /** The node that was running, at each sample. */
  samples: z.array(z.int()),
  /** Microseconds from each sample to the next. */
  timeDeltas: z.array(z.number()),
});
type CallFrame = z.output<typeof profileSchema>['nodes'][number]['callFrame'];

/** Seconds of the main thread in each part of the service. */
export type TimeByPart = Readonly<Record<string, number>>;

/** Outside of JavaScript. */
const STATES: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'waiting'],
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'native code'],
]);

/**
 * Counts the time of a profile where it was spent: by the folder of the runtime whose code ran, or on whose behalf
 * packages, generated functions and Node's own code did.
 *
 * @param text JSON, as Node writes it
 */
export function timeByPart(text: string): TimeByPart {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(text));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parts = new Map<number, string>();
  const visit = (id: number, caller: string): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const part = partOf(node.callFrame, caller);
    parts.set(id, part);
    for (const child of node.children ?? []) visit(child, part);
  };
  if (nodes[0] !== undefined) visit(nodes[0].id, 'other');

  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const part = parts.get(id) ?? 'other';
    times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0) / 1e6);
  }
  return Object.fromEntries([...times].toSorted(([, left], [, right]) => right - left));
}

function partOf({ functionName, url }: CallFrame, caller: string): string {
  const state = STATES.get(functionName);
  if (state !== undefined) return state;
  // What modules do when they are loaded is part of loading them, too.
  if (caller === 'loading of modules' || url.startsWith('node:internal/modules/')) return 'loading of modules';
  if (url.startsWith('node:zlib')) return 'compression';
  if (/\/src\/resources\//.test(url)) return 'the resource itself';
  const [, part] = /\/src\/runtime\/((?:connectors|formats|engines)\/[^/]+|[^/]+)\//.exec(url) ?? [];
  return part ?? caller;
}
