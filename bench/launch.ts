import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export interface Used {
  /** Memory in bytes: now, and the most since it began. */
  readonly memory: number;
  readonly memoryMost: number;
  /** Milliseconds of processor time. */
  readonly cpu: number;
}

/** A server that was started for the benchmark. */
export interface Server {
  readonly port: number;
  /** What workerd has used so far. Undefined where the system does not tell. */
  used(): Used | undefined;
  /** Waits for something that the server prints, now or before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

type Command = (dir: string) => { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };

/** Starts a script of this project that prints `ready <url>`, with a data folder of its own. */
export type Launch = (script: string, command: Command) => Promise<Server>;

/** @param prefix words before the command, such as `taskset -c 1` */
export function launcher(prefix: readonly string[]): Launch {
  return async (script, command) => {
    const dir = mkdtempSync(join(tmpdir(), 'ossgate-bench-'));
    const { args, env } = command(dir);
    const [program, ...words] = [...prefix, process.execPath, join(root, script), ...args];
    const child = spawn(program!, words, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const clean = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    void ended.then(clean);
    const printed = outputOf(child, script);
    const [, url] = await printed(/^ready (http:\S+)$/m);
    const workerd = workerdOf(child);
    return {
      port: Number(new URL(url!).port),
      used: () => usedBy(workerd),
      printed,
      async stop() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  };
}

function outputOf(child: ChildProcess, script: string): Server['printed'] {
  let output = '';
  let ended: Error | undefined;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const one of waiting) one();
  };
  child.once('close', (code) => {
    ended = new Error(`${script} ended with code ${code}:\n${output}`);
    look();
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    look();
  });
  return (pattern) =>
    new Promise((resolve, reject) => {
      const attempt = () => {
        const found = pattern.exec(output);
        if (found === null && ended === undefined) return;
        waiting.delete(attempt);
        if (found === null) reject(ended);
        else resolve(found);
      };
      waiting.add(attempt);
      attempt();
    });
}

function workerdOf(launcherProcess: ChildProcess): number | undefined {
  try {
    return Number(execFileSync('pgrep', ['-P', String(launcherProcess.pid), 'workerd'], { encoding: 'utf8' }));
  } catch {
    return undefined; // No pgrep here: the table then has no memory.
  }
}

/** The kernel counts processor time in hundredths of a second, whatever the machine. */
const TICK_MS = 10;

function usedBy(pid: number | undefined): Used | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+([0-9]+) kB`, 'm').exec(status)?.[1]) * 1_024;
    // Behind the name, which is in parentheses, the 12th and the 13th number are user and system time.
    const times = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ').slice(11, 13);
    const cpu = times.reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
    return { memory: bytes('VmRSS'), memoryMost: bytes('VmHWM'), cpu };
  } catch {
    return undefined;
  }
}
