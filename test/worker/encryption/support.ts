import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { shardStub } from '../../../src/index/stub.ts';
import { type Answer, configOf, send, type Wish } from '../support/wire.ts';

export const SSE = 'x-oss-server-side-encryption';
export const KEY_ID = 'x-oss-server-side-encryption-key-id';

/** A master key's secret of 32 equal bytes. */
export const secretOf = (byte: number) => Buffer.alloc(32, byte).toString('base64');
export const KMS_KEYS = JSON.stringify({ default: secretOf(1), 'key-a': secretOf(2) });
/** A deployment with KMS keys. */
export const withKms: Wish = { variables: { KMS_KEYS } };

export function put(path: string, body: BodyInit, headers: Record<string, string> = {}, wish: Wish = {}) {
  return send('PUT', path, { body, headers, ...wish });
}

/** Asserts what an answer says of encryption, or that it says nothing. */
export function expectCipher(answer: Answer, algorithm: string | null, keyId: string | null = null): void {
  expect([answer.status, answer.header(SSE), answer.header(KEY_ID)]).toEqual([answer.status, algorithm, keyId]);
}

export interface Stored {
  /** All that the bucket's shard keeps in its tables. */
  readonly index: Buffer;
  /** The bytes of each of its blobs. */
  readonly blobs: readonly Buffer[];
}

/** What is stored of a bucket, as an inspector finds it: past the gateway, in the databases and in R2. */
export async function inspect(bucket: string): Promise<Stored> {
  const { id } = await configOf(bucket);
  const rows = await runInDurableObject(shardStub(env.INDEX, id, 0), (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    return tables
      .filter(({ name }) => !name.startsWith('_cf') && !name.startsWith('sqlite_'))
      .flatMap(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
  });
  const cells = rows.flatMap((row) => Object.values(row));
  const { objects } = await env.BLOBS.list({ prefix: id });
  return {
    index: Buffer.concat(
      cells.map((cell) => (cell instanceof ArrayBuffer ? Buffer.from(cell) : Buffer.from(String(cell)))),
    ),
    blobs: await Promise.all(
      objects.map(async ({ key }) => Buffer.from(await (await env.BLOBS.get(key))!.arrayBuffer())),
    ),
  };
}
