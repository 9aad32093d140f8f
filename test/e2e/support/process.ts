import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Server } from './server.ts';

/** The workerd of a gateway, found as the child of its launcher. */
export function workerdOf({ pid }: Pick<Server, 'pid'>): number {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid), 'workerd'], { encoding: 'utf8' });
  return Number(stdout.trim());
}

/** Memory that a process has in use, in bytes. Linux only. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

/** The most memory that a process has in use while something is done, in bytes. Linux only. */
export async function peakBytes(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = residentBytes(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, residentBytes(pid));
}
