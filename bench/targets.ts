import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign } from '../test/support/sign.ts';
import type { Call } from './load.ts';

const root = join(import.meta.dirname, '..');
const bucket = 'bench-bucket';
const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' };

/** A server under test. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** A call for an object. Signed already, so that signing costs the generator nothing while it measures. */
  object(method: 'GET' | 'HEAD' | 'PUT', key: string): Call;
  /** A call that lists up to 1,000 objects under a prefix. */
  list(prefix: string): Call;
  /** Memory of workerd in bytes: now, and the most since it began. Undefined where the system does not tell. */
  memory(): { readonly now: number; readonly most: number } | undefined;
  stop(): Promise<void>;
}

/** The bare Worker: R2 and nothing else. */
export async function startBare(launch: Launch): Promise<Target> {
  const server = await launch('bench/bare/serve.ts', (dir) => ({ args: [dir], env: {} }));
  return {
    name: 'bare',
    ...server,
    object: (method, key) => ({ method, path: `/${key}` }),
    list: (prefix) => ({ method: 'GET', path: `/?prefix=${encodeURIComponent(prefix)}` }),
  };
}

/** The gateway, every call with a signed URL (V4), in a bucket of its own. */
export async function startGateway(launch: Launch): Promise<Target> {
  const server = await launch('scripts/start.ts', (dir) => ({
    args: [],
    env: {
      PORT: '0',
      DATA_DIR: dir,
      OSS_ACCESS_KEY_ID: credentials.accessKeyId,
      OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
      OSS_ACCOUNT_ID: '1000000000000001',
    },
  }));
  const call = (method: string, key: string, query = ''): Call => {
    const { url } = sign({
      method,
      url: `http://127.0.0.1:${server.port}/${bucket}/${key}${query}`,
      bucket,
      ...(key === '' ? {} : { key }),
      ...credentials,
      region: 'cn-hangzhou',
      scheme: 'V4',
      place: 'query',
      expires: 86_400,
    });
    const { pathname, search } = new URL(url);
    return { method, path: `${pathname}${search}` };
  };
  const create = call('PUT', '');
  const created = await fetch(`http://127.0.0.1:${server.port}${create.path}`, { method: 'PUT' });
  if (created.status !== 200) {
    await server.stop();
    throw new Error(`the gateway answers ${created.status} to PutBucket: ${await created.text()}`);
  }
  return {
    name: 'ossgate',
    ...server,
    object: (method, key) => call(method, key),
    list: (prefix) => call('GET', '', `?list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}`),
  };
}

type Server = Pick<Target, 'port' | 'memory' | 'stop'>;
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
    const port = await readyPort(child, script);
    const workerd = workerdOf(child);
    return {
      port,
      memory: () => memoryOf(workerd),
      async stop() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  };
}

function readyPort(child: ChildProcess, script: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('close', (code) => reject(new Error(`${script} ended with code ${code}:\n${output}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /^ready (http:\S+)$/m.exec(output)?.[1];
      if (url !== undefined) resolve(Number(new URL(url).port));
    });
  });
}

function workerdOf(launcherProcess: ChildProcess): number | undefined {
  try {
    return Number(execFileSync('pgrep', ['-P', String(launcherProcess.pid), 'workerd'], { encoding: 'utf8' }));
  } catch {
    return undefined; // No pgrep here: the table then has no memory.
  }
}

function memoryOf(pid: number | undefined): { now: number; most: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+([0-9]+) kB`, 'm').exec(status)?.[1]);
    return { now: kilobytes('VmRSS') * 1_024, most: kilobytes('VmHWM') * 1_024 };
  } catch {
    return undefined;
  }
}
