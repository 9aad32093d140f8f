import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { peakBytes, workerdOf } from './support/process.ts';
import { type Server, startServer, temporaryFolder } from './support/server.ts';

/**
 * What ali-oss does with large objects. By default it is short enough for CI; `LARGE_STREAM_MIB=1024` runs it with
 * objects of 1 GiB and looks at the gateway's memory, too (memory.test.ts does so in CI).
 */
const MIB = 1024 * 1024;
const SIZE = Number(process.env.LARGE_STREAM_MIB ?? 24) * MIB;
const PART = 4 * MIB;
/** The first transfers make the runtime as large as it gets: later ones are compared with these. */
const WARM_UP = 64 * MIB;
/** Far below what a gateway would need that holds 1 GiB. */
const GROWTH_MAX = 256 * MIB;
const TIMEOUT_MS = 120_000 + (SIZE / MIB) * 1_000;

interface Checkpoint {
  readonly uploadId: string;
  readonly doneParts: readonly { readonly number: number; readonly etag: string }[];
}
interface Client {
  cancel(): void;
  putBucket(name: string): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: ali-oss has no types of its own
  [operation: string]: (...args: any[]) => any;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client;

let server: Server;
let folder: string;
let file: string;
let md5: string;

/** Content of which no two blocks are alike, never in memory as a whole. */
function* blocks(size: number): Generator<Buffer> {
  const block = Buffer.alloc(256 * 1024, 'ali-oss ');
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32LE(at / block.length);
    yield Buffer.from(block.subarray(0, Math.min(block.length, size - at)));
  }
}

async function md5Of(stream: AsyncIterable<Buffer>): Promise<string> {
  const sum = createHash('md5');
  for await (const chunk of stream) sum.update(chunk);
  return sum.digest('hex');
}

beforeAll(async () => {
  server = await startServer();
  folder = temporaryFolder();
  file = join(folder, 'large.bin');
  await pipeline(Readable.from(blocks(SIZE)), createWriteStream(file));
  md5 = await md5Of(createReadStream(file));
}, TIMEOUT_MS);

describe.each([
  ['V1', false],
  ['V4', true],
] as const)('ali-oss with large objects, signing with %s', (scheme, authorizationV4) => {
  const bucket = `large-${scheme.toLowerCase()}`;
  let client: Client;

  const newClient = () =>
    new OSS({
      endpoint: server.endpoint,
      region: 'oss-cn-hangzhou',
      accessKeyId: server.accessKeyId,
      accessKeySecret: server.accessKeySecret,
      bucket,
      authorizationV4,
      timeout: TIMEOUT_MS,
    });

  beforeAll(async () => {
    client = newClient();
    await client.putBucket(bucket);
  });

  async function expectDownload(name: string): Promise<void> {
    const { stream, res } = await client.getStream!(name);
    expect(res.headers['content-length']).toBe(String(SIZE));
    expect(await md5Of(stream)).toBe(md5);
  }

  /** Does the work at full size. Of more than a few MiB it prints what that took, and expects memory to stay flat. */
  async function measured(what: string, work: (bytes: number) => Promise<void>): Promise<void> {
    if (process.platform !== 'linux' || SIZE < 4 * WARM_UP) return work(SIZE);
    const pid = workerdOf(server);
    const before = await peakBytes(pid, () => work(WARM_UP));
    const start = performance.now();
    const peak = await peakBytes(pid, () => work(SIZE));
    const seconds = (performance.now() - start) / 1000;
    const rate = Math.round(SIZE / MIB / seconds);
    console.log(
      `${scheme} ${what}: ${SIZE / MIB} MiB in ${seconds.toFixed(1)} s (${rate} MiB/s), ` +
        `peak of workerd ${Math.round(before / MIB)} MiB before, ${Math.round(peak / MIB)} MiB`,
    );
    expect(peak - before).toBeLessThan(GROWTH_MAX);
  }

  it(
    '[PutObject-2] streams an object up and down without holding it',
    async () => {
      await measured('putStream', async (bytes) => {
        const put = await client.putStream!('streamed', Readable.from(blocks(bytes)));
        expect(put.res.status).toBe(200);
      });
      expect((await client.head!('streamed')).res.headers.etag).toBe(`"${md5.toUpperCase()}"`);
      await expectDownload('streamed');
    },
    TIMEOUT_MS,
  );

  it(
    '[CompleteMultipartUpload-1] uploads a file in parts, copies it and reads it whole',
    async () => {
      const progress: number[] = [];
      const options = { partSize: PART, parallel: 4, progress: async (share: number) => void progress.push(share) };
      let etag = '';
      await measured('multipartUpload', async (bytes) => {
        const source = bytes === SIZE ? file : Buffer.concat([...blocks(bytes)]);
        const answer = await client.multipartUpload!('parts', source, options);
        expect([answer.res.status, progress.at(-1)]).toEqual([200, 1]);
        etag = answer.etag;
      });
      expect(etag).toMatch(new RegExp(`^"[0-9A-F]{32}-${Math.ceil(SIZE / PART)}"$`));
      await client.multipartUploadCopy!(
        'copied',
        { sourceKey: 'parts', sourceBucketName: bucket },
        { partSize: 16 * MIB },
      );
      await measured('getStream', async (bytes) => {
        const { stream } = await client.getStream!('copied', { headers: { range: `bytes=0-${bytes - 1}` } });
        await md5Of(stream);
      });
      await expectDownload('copied');
    },
    TIMEOUT_MS,
  );

  it(
    '[ListParts-1] [UploadPart-1] goes on with an upload from its checkpoint, in another client too',
    async () => {
      let checkpoint: Checkpoint | undefined;
      const stopped = client.multipartUpload!('resumed', file, {
        partSize: PART,
        parallel: 2,
        progress: async (share: number, state: Checkpoint) => {
          // As an application would that keeps it on disk.
          checkpoint = JSON.parse(JSON.stringify(state));
          if (share >= 0.5) client.cancel();
        },
      });
      await expect(stopped).rejects.toMatchObject({ name: 'cancel' });
      const done = checkpoint!.doneParts.length;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(Math.ceil(SIZE / PART));
      const { parts } = await client.listParts!('resumed', checkpoint!.uploadId, { 'max-parts': 1_000 });
      expect(parts.length).toBeGreaterThanOrEqual(done);

      let resumed = 0;
      const { res } = await newClient().multipartUpload!('resumed', file, {
        partSize: PART,
        checkpoint,
        progress: async () => void resumed++,
      });
      expect(res.status).toBe(200);
      // Of the parts that were there none was sent again: one call for each of the others, and one at the start.
      expect(resumed).toBeLessThanOrEqual(Math.ceil(SIZE / PART) - done + 2);
      await expectDownload('resumed');
      const uploads = await client.listUploads!({ 'max-uploads': 10 });
      expect(uploads.uploads ?? []).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    '[AbortMultipartUpload-1] finds nothing to go on with once the upload is aborted',
    async () => {
      let checkpoint: Checkpoint | undefined;
      const options = {
        partSize: PART,
        parallel: 1,
        progress: async (_share: number, state: Checkpoint) => {
          checkpoint = state;
          client.cancel();
        },
      };
      await expect(client.multipartUpload!('aborted', file, options)).rejects.toMatchObject({ name: 'cancel' });
      // A client that was told to cancel has parts on the way that it gives up by itself.
      await newClient().abortMultipartUpload!('aborted', checkpoint!.uploadId);
      const again = newClient().multipartUpload!('aborted', file, { partSize: PART, checkpoint });
      // What ali-oss makes of a 404 on a part; a connection that merely broke would be another error.
      await expect(again).rejects.toMatchObject({ name: 'abort' });
      await expect(client.head!('aborted')).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
    },
    TIMEOUT_MS,
  );
});
