import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { banner, endpoints } from './start/banner.ts';
import { callbackKey } from './start/callback-key.ts';
import { rootCredentials } from './start/credentials.ts';
import { encryptionKey } from './start/encryption-key.ts';
import { StartError } from './start/errors.ts';
import { lockDataDir } from './start/lock.ts';
import type { Runtime } from './start/runtime.ts';
import { helpText, readSettings, type Settings, SettingsError } from './start/settings.ts';
import { workerVariables } from './start/variables.ts';
import { readWorkerConfig } from './start/wrangler.ts';

/** How long requests in flight may take once the gateway is told to stop. */
const graceMs = 5_000;
const root = join(import.meta.dirname, '..');

let runtime: Runtime | undefined;
let unlock = () => {};
let stopSince: number | undefined;

/** Ends the run with one line that says why. */
function fail(message: string, code = 1): never {
  console.error(`ossgate: ${message}`);
  runtime?.kill();
  unlock();
  process.exit(code);
}

async function stop(signal: string): Promise<void> {
  // Ctrl-C under npm arrives twice: from the terminal, and from npm that passes it on.
  if (stopSince !== undefined && performance.now() - stopSince < 500) return;
  if (stopSince !== undefined) fail(`${signal} again, not waiting for requests in flight`);
  stopSince = performance.now();
  console.log(`${signal}: finishing requests in flight (once more to force)`);
  await runtime?.stop(graceMs);
  unlock();
  console.log('stopped');
  process.exit(0);
}

/** Under `npm start` npm is the parent: killed, it can no longer pass a signal on, and must not leave us behind. */
function stopWithNpm(): void {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== 'start') return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    void stop('npm ended');
  }, 250);
  watch.unref();
}

/** Further variables of wrangler.toml keep their values unless the environment has others. */
function overridden(vars: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, process.env[name] ?? value]));
}

async function start(settings: Settings): Promise<void> {
  const step = (text: string) => console.log(`[${(performance.now() / 1000).toFixed(1)} s] ${text}`);

  const dataDir = resolve(settings.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  unlock = lockDataDir(dataDir);
  const credentials = rootCredentials(settings, dataDir);
  if (settings.accessKeys.some(({ accessKeyId }) => accessKeyId === credentials.accessKeyId)) {
    throw new SettingsError(`ACCESS_KEYS names ${credentials.accessKeyId}, which is the root key already`);
  }

  const keys = { encryption: encryptionKey(settings, dataDir), callback: callbackKey(settings, dataDir) };

  step('bundling the Worker');
  const { bundleWorker } = await import('./start/bundle.ts');
  const config = await readWorkerConfig(root);
  const modules = await bundleWorker(config.main);
  step('starting workerd');
  const { startRuntime } = await import('./start/runtime.ts'); // Slow to load, and not wanted when something is wrong.
  const storageDir = join(dataDir, 'storage');
  mkdirSync(storageDir, { recursive: true, mode: 0o700 });
  runtime = await startRuntime({
    name: 'ossgate',
    host: settings.host,
    port: settings.port,
    storageDir,
    modules,
    worker: config.options,
    variables: (port) => ({ ...overridden(config.vars), ...workerVariables(settings, credentials, port, keys) }),
    allowPrivateOrigins: settings.allowPrivateOrigins,
    onLog: (level, message) => {
      if (settings.log === 'info' || level === 'error') console.log(message);
    },
    onFailure: (error) => fail(`workerd could not be started again: ${error.message}`),
  });
  const [endpoint] = endpoints(settings.host, runtime.port);
  const health = await fetch(`${endpoint}/-/health`);
  if (health.status !== 200) fail(`the Worker answers ${health.status} to its health check`);
  step('ready');
  console.log(banner(settings, credentials, runtime.port));
  console.log(`ready ${endpoint}`);
}

process.stdout.on('error', () => {}); // A closed pipe is no reason to stop serving.
for (const argument of process.argv.slice(2)) {
  if (argument === '--help' || argument === '-h') {
    console.log(helpText());
    process.exit(0);
  }
  fail(`unknown argument "${argument}"; npm start -- --help lists the settings`, 2);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
stopWithNpm();

try {
  await start(readSettings(process.env));
} catch (error) {
  if (error instanceof StartError) fail(error.message, error.exitCode);
  const { message, stack, syscall } = error as NodeJS.ErrnoException;
  fail(syscall === undefined ? (stack ?? message) : message);
}
