import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** What the worker tests find configured; their wire client (test/worker/support/wire.ts) has the same keys. */
const workerBindings = {
  LOCAL: 'true',
  // Two regions: the first one's endpoint is `localhost`.
  SERVICE_DOMAIN:
    'localhost,oss-cn-hangzhou.aliyuncs.com,oss-cn-beijing.aliyuncs.com,oss-cn-beijing-internal.aliyuncs.com',
  OSS_ACCESS_KEY_ID: 'OWNERKEY',
  OSS_ACCESS_KEY_SECRET: 'owner-secret',
  OSS_ACCOUNT_ID: '1000000000000001',
  ENCRYPTION_KEY: 'bm90IGEgc2VjcmV0OiBhIGtleSBvZiB0aGUgdGVzdHM=',
  CALLBACK_PRIVATE_KEY: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey,
  ACCESS_KEYS: JSON.stringify([
    { accessKeyId: 'OTHERKEY', accessKeySecret: 'other-secret', accountId: '2000000000000002' },
    { accessKeyId: 'USERKEY', accessKeySecret: 'user-secret', accountId: '1000000000000001', userName: 'user' },
    {
      accessKeyId: 'READERKEY',
      accessKeySecret: 'reader-secret',
      accountId: '1000000000000001',
      userName: 'reader',
      policy: {
        Version: '1',
        Statement: [{ Effect: 'Allow', Action: ['oss:Get*', 'oss:List*'], Resource: ['acs:oss:*:*:*'] }],
      },
    },
  ]),
  ROLES: JSON.stringify([
    {
      roleName: 'Reader',
      policy: { Version: '1', Statement: [{ Effect: 'Allow', Action: ['oss:Get*', 'oss:List*'], Resource: ['*'] }] },
    },
    {
      roleName: 'everything',
      policy: '{"Version":"1","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}',
      maxSeconds: 43_200,
      trusted: ['user', '2000000000000002'],
    },
    { roleName: 'nothing', maxSeconds: 900, trusted: ['1000000000000001', 'user'] },
    { roleName: 'foreign', accountId: '2000000000000002', trusted: ['1000000000000001'] },
  ]),
};

/** Three layers: pure functions in Node, everything that needs the runtime inside workerd, real clients against `npm start`. */
export default defineConfig({
  test: {
    // By default a core is left free, which of the two of a small machine leaves one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: workerBindings },
          }),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/worker/support/setup.ts'],
          // A runtime is started once and serves file after file: starting one costs more than most files do.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/browser-notice.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
