import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts processor time in (USER_HZ, the same on all architectures that Node runs on). */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<id>/stat behind the name of the process (proc(5)), counted from the state. */
const FIELD = { parent: 1, user: 11, childrenSystem: 14 };

/** Processor time in seconds of all processes that this one started and that have ended. */
export function timeOfEndedChildren(): number {
  const [, , user = 0, system = 0] = times(stat('self'));
  return (user + system) / TICKS_PER_SECOND;
}

/** Processor time in seconds of a process and of all that it ever started. */
export function timeOfTree(processId: number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(name))
    .filter((fields) => Number(fields[FIELD.parent]) === processId);
  const ticks = [stat(String(processId)), ...processes].flatMap(times).reduce((sum, value) => sum + value, 0);
  return ticks / TICKS_PER_SECOND;
}

/** Of the process in user mode and in the kernel, and the same of those of its children that have ended. */
function times(fields: readonly string[]): number[] {
  return fields.slice(FIELD.user, FIELD.childrenSystem + 1).map(Number);
}

/** Nothing for a process that has ended. */
function stat(processId: string): string[] {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
