import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from './support/client.ts';
import { peakBytes, workerdOf } from './support/process.ts';
import { type Server, startServer } from './support/server.ts';

const MIB = 1024 * 1024;
const SMALL = 64 * MIB;
const LARGE = 256 * MIB;
/** Half of what a gateway would need that holds bodies. The runtime and the local R2 in it free memory when they like. */
const GROWTH_MAX = (LARGE - SMALL) / 2;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = new Client(server);
  await client.send('PUT', '/memory');
});

/** A body that is never in memory as a whole, and its MD5 once it was read. */
function generated(bytes: number): { stream: Readable; etag: () => string } {
  const hash = createHash('md5');
  const block = Buffer.alloc(256 * 1024, 'ossgate ');
  const stream = Readable.from(
    (function* () {
      for (let at = 0; at < bytes; at += block.length) {
        block.writeUInt32LE(at >>> 10);
        const chunk = Buffer.from(block);
        hash.update(chunk);
        yield chunk;
      }
    })(),
  );
  return { stream, etag: () => `"${hash.digest('hex').toUpperCase()}"` };
}

async function up(bytes: number, headers: Record<string, string>): Promise<void> {
  const { stream, etag } = generated(bytes);
  const { status, headers: answered, body } = await client.send('PUT', '/memory/large', { body: stream, headers });
  expect(status, body.toString()).toBe(200);
  expect(answered.etag).toBe(etag());
}

async function down(bytes: number): Promise<void> {
  const response = await client.open('GET', '/memory/large');
  expect(response.headers['content-length']).toBe(String(bytes));
  const hash = createHash('md5');
  for await (const chunk of response) hash.update(chunk as Buffer);
  expect(`"${hash.digest('hex').toUpperCase()}"`).toBe(response.headers.etag);
}

describe.skipIf(process.platform !== 'linux')('Promise 6: memory', () => {
  async function expectFlat(work: (bytes: number) => Promise<void>): Promise<void> {
    const pid = workerdOf(server);
    // What the runtime has once needed for a body, it keeps.
    await work(SMALL);
    const small = await peakBytes(pid, () => work(SMALL));
    const large = await peakBytes(pid, () => work(LARGE));
    console.log(`peak of workerd: ${Math.round(small / MIB)} MiB, ${Math.round(large / MIB)} MiB`);
    expect(large - small).toBeLessThan(GROWTH_MAX);
  }

  it('[PutObject-6] does not grow with the size of a body that comes with a length, up and down', async () => {
    await expectFlat(async (bytes) => {
      await up(bytes, { 'content-length': String(bytes) });
      await down(bytes);
    });
  }, 240_000);

  // Not down again: the local R2 puts what was uploaded in parts together in JavaScript, faster than it is read.
  it('[PutObject-2] does not grow with the size of a body that comes in chunks', async () => {
    await expectFlat((bytes) => up(bytes, {}));
    await down(LARGE);
  }, 240_000);
});
