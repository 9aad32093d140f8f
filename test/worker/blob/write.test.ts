import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { crc64 } from '../../../src/blob/crc64.ts';
import { parseBlobName } from '../../../src/blob/names.ts';
import { readSegments } from '../../../src/blob/read.ts';
import { R2BlobStore } from '../../../src/blob/store.ts';
import { UPLOAD_PART_BYTES } from '../../../src/blob/upload.ts';
import { WHOLE_BODY_BYTES, type WriteOptions, type WrittenBody, writeBody } from '../../../src/blob/write.ts';
import { bodyOf, patternBytes, readAll } from '../../support/bodies.ts';
import { FaultyBlobStore } from '../../support/faulty-store.ts';

const r2 = new R2BlobStore(env.BLOBS);
const md5Of = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();

let shards = 0;

/** Options of a call whose blobs no other call of this file shares. */
function optionsFor(body: WriteOptions['body'], more: Partial<WriteOptions> = {}): WriteOptions {
  return { shardId: `w${++shards}`, body, inlineLimit: 0, limit: 2 ** 40, idleTimeoutMs: 5000, ...more };
}

async function blobsOf(options: WriteOptions): Promise<string[]> {
  return (await r2.list({ prefix: `${options.shardId}/` })).blobs.map((blob) => blob.name);
}

async function contentOf({ size, inline, segments }: WrittenBody): Promise<Uint8Array> {
  if (inline !== undefined) return inline;
  return readAll(await readSegments(r2, segments, { offset: 0, length: size }));
}

/** That a body was taken whole, with the right checksums, into blobs that hold exactly it. */
async function expectStored(written: WrittenBody, bytes: Uint8Array, options: WriteOptions): Promise<void> {
  expect(written.size).toBe(bytes.length);
  expect(written.md5).toBe(md5Of(bytes).toString('hex').toUpperCase());
  expect(written.crc64).toBe(crc64(bytes));
  expect(Buffer.compare(await contentOf(written), bytes)).toBe(0);
  expect(await blobsOf(options)).toEqual([...new Set(written.segments.map((segment) => segment.blob))].sort());
  let at = 0;
  for (const segment of written.segments) {
    expect(segment.crc64).toBe(crc64(bytes.subarray(at, at + segment.length)));
    at += segment.length;
  }
  expect(at).toBe(written.inline === undefined ? bytes.length : 0);
}

describe('a body of known length', () => {
  const sizes = [1, 100, WHOLE_BODY_BYTES, WHOLE_BODY_BYTES + 1, 1_000_000];

  it('is stored whole, however it comes', async () => {
    for (const size of sizes) {
      const bytes = patternBytes(size, size);
      const bodies = [
        bytes,
        new Response(bytes).body!,
        bodyOf(bytes, { chunk: 10_000 }).stream,
        bodyOf(bytes, { chunk: 333_333 }).stream,
        bodyOf(bytes, { chunk: 50_000, bytes: true }).stream,
      ];
      for (const body of bodies) {
        const options = optionsFor(body, { length: size });
        await expectStored(await writeBody(r2, options), bytes, options);
      }
    }
  });

  it('gets a name that tells its shard and its hour', async () => {
    const options = optionsFor(new Uint8Array(10), { now: () => Date.UTC(2026, 0, 2, 3, 59) });
    const { segments } = await writeBody(r2, options);
    expect(parseBlobName(segments[0]!.blob)).toMatchObject({
      shardId: options.shardId,
      hourMs: Date.UTC(2026, 0, 2, 3),
    });
  });

  it('[PutObject-8] may be empty: no blob, the MD5 of nothing, CRC 0', async () => {
    for (const body of [null, new Uint8Array(), new Response('').body]) {
      const options = optionsFor(body, { length: 0 });
      const written = await writeBody(r2, options);
      expect(written).toMatchObject({ size: 0, md5: 'D41D8CD98F00B204E9800998ECF8427E', crc64: 0n, segments: [] });
      expect(written.inline).toHaveLength(0);
      expect(await blobsOf(options)).toEqual([]);
    }
  });

  it('[PutObject-3] is cut at its announced length', async () => {
    for (const size of [5, 500_000]) {
      const bytes = patternBytes(size + 100);
      const { stream } = bodyOf(bytes, { chunk: 7000 });
      for (const body of [bytes, stream]) {
        const options = optionsFor(body, { length: size, md5: md5Of(bytes.subarray(0, size)) });
        await expectStored(await writeBody(r2, options), bytes.slice(0, size), options);
      }
    }
  });

  it('comes back inline up to the limit, and is stored one byte beyond it', async () => {
    for (const [size, inline] of [
      [4096, true],
      [4097, false],
    ] as const) {
      const bytes = patternBytes(size);
      const options = optionsFor(new Response(bytes).body, { length: size, inlineLimit: 4096, md5: md5Of(bytes) });
      const written = await writeBody(r2, options);
      expect(written.inline !== undefined).toBe(inline);
      await expectStored(written, bytes, options);
    }
    const large = patternBytes(WHOLE_BODY_BYTES * 2);
    const options = optionsFor(new Response(large).body, { length: large.length, inlineLimit: large.length });
    await expectStored(await writeBody(r2, options), large, options);
  });

  it('becomes several blobs where one cannot hold it', async () => {
    const bytes = patternBytes(1_000_000);
    for (const [blobLimit, blobs] of [
      [400_000, 3],
      [500_000, 2],
      [999_999, 2],
      [1_000_000, 1],
    ] as const) {
      const body = bodyOf(bytes, { chunk: 123_456 }).stream;
      const options = optionsFor(body, { length: bytes.length, blobLimit, md5: md5Of(bytes) });
      const written = await writeBody(r2, options);
      expect(written.segments).toHaveLength(blobs);
      await expectStored(written, bytes, options);
    }
  });
});

describe('a body of unknown length', () => {
  const sizes = [0, 1, 65_535, 65_536, 65_537, 1_048_575, 1_048_576, 1_048_577];

  it('[PutObject-2] is stored in one piece where it is short', async () => {
    for (const size of sizes) {
      const bytes = patternBytes(size, 7);
      const options = optionsFor(bodyOf(bytes, { chunk: 100_000 }).stream, { md5: md5Of(bytes) });
      const store = new FaultyBlobStore(r2);
      await expectStored(await writeBody(store, options), bytes, options);
      expect(store.calls.startUpload).toBe(size >= 1_048_576 ? 1 : 0);
    }
  });

  it('[PutObject-2] is stored in equal parts where it is long', async () => {
    for (const size of [UPLOAD_PART_BYTES, UPLOAD_PART_BYTES + 1, 2 * UPLOAD_PART_BYTES + 1]) {
      const bytes = patternBytes(size, 9);
      const options = optionsFor(bodyOf(bytes, { chunk: 250_000, bytes: true }).stream, { md5: md5Of(bytes) });
      const store = new FaultyBlobStore(r2);
      const written = await writeBody(store, options);
      await expectStored(written, bytes, options);
      expect(written.segments).toHaveLength(1);
      expect(store.calls.putPart).toBe(Math.ceil(size / UPLOAD_PART_BYTES));
      expect(store.openUploads).toBe(0);
    }
  });

  it('comes back inline up to the limit', async () => {
    const bytes = patternBytes(4096);
    const options = optionsFor(bodyOf(bytes, { chunk: 1000 }).stream, { inlineLimit: 4096, md5: md5Of(bytes) });
    const written = await writeBody(r2, options);
    expect(written.inline).toHaveLength(4096);
    expect(written.inline?.buffer.byteLength).toBe(4096);
    await expectStored(written, bytes, options);
  });

  it('waits for a place when many come at once, and all are stored', async () => {
    const bytes = patternBytes(1_100_000);
    const all = Array.from({ length: 10 }, () => optionsFor(bodyOf(bytes, { chunk: 300_000 }).stream));
    const written = await Promise.all(all.map((options) => writeBody(r2, options)));
    for (const [i, options] of all.entries()) await expectStored(written[i]!, bytes, options);
  });
});
