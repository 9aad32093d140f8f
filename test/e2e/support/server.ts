import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from './cleanup.ts';

const root = join(import.meta.dirname, '../../..');

/** How long a start may take on a busy machine, with the first read of wrangler.toml. */
const startMs = 45_000;

export interface ServerOptions {
  /** Variables of the launcher; everything else of the contract is unset, whatever this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** A data folder to work on; without one the server gets its own, which is removed in the end. */
  readonly dataDir?: string;
}

/** A gateway that runs as `npm start` runs it. */
export interface Server {
  /** For instance `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly accountId: string;
  readonly dataDir: string;
  /** Process id of the launcher. */
  readonly pid: number;
  /** What it printed so far, both streams. */
  output(): string;
  /** SIGTERM; resolves with the exit code once it has ended. */
  stop(): Promise<number | null>;
  /** SIGKILL of the launcher alone; resolves once it has ended. */
  kill(): Promise<void>;
  /** Starts again on the same data, port and variables, after `stop` or `kill`. */
  restart(): Promise<void>;
}

/** What a launcher that ended by itself left. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the gateway on a free port with root credentials of the test's own, waits until it serves, and has it ended
 * after the test file.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const env = {
    OSS_ACCESS_KEY_ID: 'test-root',
    OSS_ACCESS_KEY_SECRET: 'test-root-secret',
    OSS_ACCOUNT_ID: '1000000000000001',
    ...options.env,
  };
  let running = await launch({ PORT: '0', ...env, DATA_DIR: dataDir });
  after(() => running.kill());
  const { endpoint, port } = running;
  const printed = (name: string) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(running.output())?.[1] ?? '';
  return {
    endpoint,
    port,
    accessKeyId: printed('access key id'),
    accessKeySecret:
      options.env?.OSS_ACCESS_KEY_SECRET === '' ? printed('access key secret') : env.OSS_ACCESS_KEY_SECRET,
    accountId: printed('account id'),
    dataDir,
    get pid() {
      return running.pid;
    },
    output: () => running.output(),
    stop: () => running.stop(),
    kill: () => running.kill(),
    async restart() {
      running = await launch({ ...env, PORT: String(port), DATA_DIR: dataDir });
    },
  };
}

/** Runs the launcher to its end, for starts that are refused. */
export async function runLauncher(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Ended> {
  const child = spawnLauncher({ DATA_DIR: temporaryFolder(), PORT: '0', ...env }, args);
  after(() => endNow(child));
  const output = collect(child);
  const code = await ended(child);
  return { code, stdout: output.stdout, stderr: output.stderr };
}

/** A folder that is removed after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ossgate-e2e-'));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

async function launch(env: Readonly<Record<string, string>>) {
  const child = spawnLauncher(env, []);
  const output = collect(child);
  const end = ended(child);
  const endpoint = await new Promise<string>((resolve, reject) => {
    const give = (why: string) => reject(new Error(`the gateway ${why}:\n${output.all}`));
    const late = setTimeout(() => give(`was not ready within ${startMs} ms`), startMs);
    child.stdout?.on('data', () => {
      const ready = /^ready (http:\S+)$/m.exec(output.stdout)?.[1];
      if (ready === undefined) return;
      clearTimeout(late);
      resolve(ready);
    });
    void end.then((code) => {
      clearTimeout(late);
      give(`ended with code ${code}`);
    });
  }).catch((error) => {
    endNow(child);
    throw error;
  });
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    pid: child.pid ?? 0,
    output: () => output.all,
    stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return end;
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await end;
    },
  };
}

function spawnLauncher(env: Readonly<Record<string, string>>, args: readonly string[]): ChildProcess {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const environment: Record<string, string> = { PATH, HOME, TMPDIR, ...env };
  return spawn(process.execPath, [join(root, 'scripts/start.ts'), ...args], {
    cwd: root,
    env: environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function endNow(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('close', (code) => resolve(code));
    child.once('error', reject);
  });
}

function collect(child: ChildProcess) {
  const output = { stdout: '', stderr: '', all: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      output.all += text;
    });
  }
  return output;
}
