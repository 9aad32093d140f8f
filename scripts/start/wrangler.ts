import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SourcelessWorkerOptions } from 'wrangler';

/** What `wrangler.toml` says about the Worker, in miniflare's words. */
export interface WorkerConfig {
  /** Absolute path of the entry module. */
  readonly main: string;
  /** `[vars]`: settings that a deployment would have. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Compatibility date and flags, and all bindings but variables. */
  readonly options: SourcelessWorkerOptions;
}

/**
 * Reads `wrangler.toml` with wrangler itself, so that nothing about the Worker is written twice.
 *
 * Loading wrangler takes over a second, so what it read is kept beside the installed packages, under a hash of the
 * file and of wrangler's version.
 * @param root the project's folder, absolute
 */
export async function readWorkerConfig(root: string): Promise<WorkerConfig> {
  const path = join(root, 'wrangler.toml');
  const { version } = createRequire(import.meta.url)('wrangler/package.json') as { version: string };
  const hash = createHash('sha256').update(`1 ${version} ${path}\n`).update(readFileSync(path)).digest('hex');
  const cacheDir = join(root, 'node_modules', '.cache', 'ossgate');
  const cacheFile = join(cacheDir, `wrangler-${hash.slice(0, 32)}.json`);
  try {
    return JSON.parse(readFileSync(cacheFile, 'utf8')) as WorkerConfig;
  } catch {
    // Not read yet.
  }
  const config = await readWithWrangler(path);
  try {
    mkdirSync(cacheDir, { recursive: true });
    writeFileSync(cacheFile, JSON.stringify(config));
  } catch {
    // A read-only installation starts a second slower each time.
  }
  return config;
}

async function readWithWrangler(path: string): Promise<WorkerConfig> {
  process.env.WRANGLER_LOG ??= 'error'; // secrets that a deployment needs are not missing here
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import('wrangler');
  const { vars } = unstable_readConfig({ config: path });
  const { main, workerOptions } = unstable_getMiniflareWorkerOptions(path);
  if (main === undefined) throw new Error(`${path} names no main module`);
  // Its variables may hold secrets of .dev.vars or of the environment, and its module rules belong to the bundler.
  const { bindings: _bindings, modulesRules: _rules, ...options } = workerOptions as Record<string, unknown>;
  return { main, vars, options: options as SourcelessWorkerOptions };
}
