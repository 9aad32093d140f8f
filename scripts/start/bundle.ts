import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** One module of a bundled Worker. The first of a list is its entry. */
export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Text' | 'Data';
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

/** Files that stay modules of their own, as wrangler's default rules have it. */
const moduleTypes: Readonly<Record<string, WorkerModule['type']>> = {
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
};

/**
 * Bundles a Worker for workerd, in memory.
 * @param entry absolute path of its main module
 * @throws {Error} with esbuild's messages when the source does not build
 */
export async function bundleWorker(entry: string): Promise<readonly WorkerModule[]> {
  const files = new Map<string, WorkerModule>();
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    keepNames: true,
    logLevel: 'silent',
    plugins: [separateModules(files)],
  });
  const [code] = result.outputFiles;
  return [{ type: 'ESModule', path: 'worker.js', contents: code!.text }, ...files.values()];
}

/** Leaves imports of WebAssembly, text and data in place, and collects the files under names of their own. */
function separateModules(files: Map<string, WorkerModule>): Plugin {
  return {
    name: 'separate-modules',
    setup({ onResolve }) {
      onResolve({ filter: /\.(wasm|txt|html|sql|bin)(\?module)?$/ }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path.replace(/\?module$/, ''));
        const bytes = new Uint8Array(readFileSync(file));
        const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}-${basename(file)}`;
        const type = moduleTypes[extname(file)]!;
        files.set(file, { type, path: name, contents: type === 'Text' ? new TextDecoder().decode(bytes) : bytes });
        return { path: `./${name}`, external: true };
      });
    },
  };
}
