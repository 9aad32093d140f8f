import { join } from 'node:path';
import { bundleWorker } from '../../scripts/start/bundle.ts';
import { startRuntime } from '../../scripts/start/runtime.ts';
import { readWorkerConfig } from '../../scripts/start/wrangler.ts';

/**
 * Runs the bare Worker as scripts/start.ts runs the gateway: a process of its own, the same socket, simulators and
 * compatibility date. Its data folder is the only argument.
 */
const [storageDir] = process.argv.slice(2);
if (storageDir === undefined) throw new Error('usage: serve.ts <storage folder>');

const { options } = await readWorkerConfig(join(import.meta.dirname, '../..'));
const { compatibilityDate, compatibilityFlags } = options as Record<string, unknown>;
const runtime = await startRuntime({
  name: 'bare',
  host: '127.0.0.1',
  port: 0,
  storageDir,
  modules: await bundleWorker(join(import.meta.dirname, 'worker.ts')),
  worker: { compatibilityDate, compatibilityFlags, r2Buckets: { BLOBS: 'bare-blobs' } },
  variables: () => ({}),
  allowPrivateOrigins: false,
  onLog: (level, message) => console.log(`${level}: ${message}`),
  onFailure: (error) => {
    throw error;
  },
});
process.on('SIGTERM', () => void runtime.stop(1_000).then(() => process.exit(0)));
console.log(`ready http://127.0.0.1:${runtime.port}`);
