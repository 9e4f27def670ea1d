import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told from all others that ever had its number. */
export interface ProcessIdentity {
  /** The started machine and the container in it; two of them do not see each other's processes. */
  readonly machine: string;
  readonly pid: number;
  /** When the machine started the process, as the machine counts; empty where the system does not tell. */
  readonly started: string;
}

export const thisProcess: ProcessIdentity = {
  machine: readMachine(),
  pid: process.pid,
  started: readProcess(process.pid)?.started ?? '',
};

/** Whether a process has ended for sure; of one on another machine nobody knows. */
export function isDead({ machine, pid, started }: ProcessIdentity): boolean {
  if (machine !== thisProcess.machine) return false;
  if (thisProcess.started === '') return !canBeSignalled(pid);
  const found = readProcess(pid);
  return found === undefined || found.ended || found.started !== started;
}

function readMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** From Linux's table of processes; its second field, the name in parentheses, may hold anything. */
function readProcess(pid: number): { readonly ended: boolean; readonly started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { ended: /^[ZXx]$/.test(fields[0] ?? ''), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function canBeSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
