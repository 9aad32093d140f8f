import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  type MiniflareOptions,
  type V4WorkerOptions,
} from 'miniflare';
import type { WorkerModule } from './bundle.ts';
import { tieToThisProcess, watchForWorkerd } from './child.ts';
import { StartError } from './errors.ts';
import { pluginName, publicInternet } from './plugin.ts';

const wrapper = join(import.meta.dirname, 'workerd.sh');

export interface RuntimeOptions {
  readonly name: string;
  /** Address to listen on, as given to the system: a name or an IP address. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of R2, KV and Durable Object state. */
  readonly storageDir: string;
  readonly modules: readonly WorkerModule[];
  /** Compatibility date and flags, and all bindings but variables. */
  readonly worker: Readonly<Record<string, unknown>>;
  /** The Worker's variables, once the port is known. */
  readonly variables: (port: number) => Readonly<Record<string, unknown>>;
  /** Whether the Worker's own requests may go to loopback and private addresses. */
  readonly allowPrivateOrigins: boolean;
  /** Gets each line that the Worker or workerd writes; levels are those of `console`. */
  readonly onLog: (level: string, message: string) => void;
  /** Told when workerd ended by itself and could not be started again. */
  readonly onFailure: (error: Error) => void;
}

export interface Runtime {
  readonly port: number;
  /** Process id of workerd. */
  readonly pid: number;
  /**
   * Refuses new requests, finishes those in flight, and ends workerd.
   * @param graceMs how long requests in flight may take
   */
  stop(graceMs: number): Promise<void>;
  /** Ends workerd at once. */
  kill(): void;
}

/**
 * Runs a Worker on workerd with miniflare's simulators of R2, KV and Durable Objects, on a socket of its own.
 * One at a time in a process.
 * @throws {StartError} when the port cannot be had
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const port = await freePort(options.host, options.port);
  const runtime = new SupervisedRuntime(options, port);
  try {
    await runtime.ready;
  } catch (error) {
    await runtime.stop(0);
    if ((error as { code?: string }).code === 'ERR_ADDRESS_IN_USE') throw taken(options.host, port);
    throw error;
  }
  return runtime;
}

/** Miniflare, and the workerd that it started last. */
class SupervisedRuntime implements Runtime {
  readonly port: number;
  readonly ready: Promise<unknown>;
  readonly #options: RuntimeOptions;
  readonly #runDir = mkdtempSync(join(tmpdir(), 'ossgate-'));
  readonly #unwatch: () => void;
  readonly #miniflare: Miniflare;
  #workerd: ChildProcess | undefined;
  #stopping: Promise<void> | undefined;
  #disposing: Promise<void> | undefined;

  constructor(options: RuntimeOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.#unwatch = watchForWorkerd(prepareWorkerd(this.#runDir), (child) => this.#supervise(child));
    this.#miniflare = makeMiniflare(miniflareOptions(options, port), this.#runDir);
    this.ready = this.#miniflare.ready;
  }

  get pid(): number {
    return this.#workerd?.pid ?? 0;
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= Promise.resolve().then(() => this.#stop(graceMs));
    return this.#stopping;
  }

  kill(): void {
    this.#workerd?.kill('SIGKILL');
    rmSync(this.#runDir, { recursive: true, force: true });
  }

  #supervise(child: ChildProcess): void {
    this.#workerd = child;
    tieToThisProcess(child, this.#runDir);
    child.once('exit', (code, signal) => {
      if (this.#stopping !== undefined) {
        // Disposed before miniflare hears of the end, it does not start workerd again.
        void this.#dispose();
        return;
      }
      this.#options.onLog('error', `workerd ended (${signal ?? `exit code ${code}`})`);
      setImmediate(() => this.#miniflare.ready.catch(this.#options.onFailure));
    });
  }

  async #stop(graceMs: number): Promise<void> {
    const child = this.#workerd;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM'); // workerd drains: it stops listening and finishes what it began.
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(late);
    }
    this.#unwatch();
    await this.#dispose();
    rmSync(this.#runDir, { recursive: true, force: true });
  }

  #dispose(): Promise<void> {
    this.#disposing ??= this.#miniflare.dispose();
    return this.#disposing;
  }
}

/** Puts our wrapper in workerd's place, where there is a shell to run it, and returns what miniflare will run. */
function prepareWorkerd(runDir: string): string {
  const miniflareRequire = createRequire(import.meta.resolve('miniflare'));
  const { default: workerdPath } = miniflareRequire('workerd') as { default: string };
  if (process.platform === 'win32') return workerdPath;
  process.env.MINIFLARE_WORKERD_PATH = wrapper;
  process.env.OSSGATE_RUN_DIR = runDir;
  process.env.OSSGATE_WORKERD = workerdPath;
  return wrapper;
}

/**
 * Makes a miniflare that leaves signals alone, since it would end this process in the middle of requests, and keeps
 * its temporary files in our folder, which is removed even when this process is killed.
 */
function makeMiniflare(options: MiniflareOptions, runDir: string): Miniflare {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = runDir;
  const miniflare = new Miniflare(options);
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  for (const [signal, known] of before) {
    for (const listener of process.listeners(signal)) {
      if (!known.has(listener)) process.removeListener(signal, listener);
    }
  }
  return miniflare;
}

function miniflareOptions(options: RuntimeOptions, port: number) {
  const worker = {
    ...options.worker,
    name: options.name,
    modules: [...options.modules],
    bindings: options.variables(port),
    stripCfConnectingIp: false,
    ...(options.allowPrivateOrigins ? {} : { outboundService: { name: publicInternet } }),
    unsafeBindings: [
      {
        name: pluginName,
        type: pluginName,
        plugin: { package: join(import.meta.dirname, 'plugin.ts'), name: pluginName },
        options: { address: socketAddress(options.host, port) },
      },
    ],
  } as V4WorkerOptions;
  return convertV4MiniflareOptions({
    cf: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    resourcePersistencePath: options.storageDir,
    handleStructuredLogs: ({ level, message }: { level: string; message: string }) => options.onLog(level, message),
    workers: [worker],
  });
}

/** An address as workerd wants it: IPv6 in brackets. */
function socketAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Finds out whether a port can be had, before anything slow begins; picks one for 0. */
function freePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? taken(host, port)
          : new StartError(`cannot listen on ${host}:${port}: ${error.code}`),
      );
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: got } = probe.address() as { port: number };
      probe.close(() => resolve(got));
    });
  });
}

function taken(host: string, port: number): StartError {
  return new StartError(`port ${port} on ${host} is in use; set PORT to another one, or to 0 for any free one`);
}
