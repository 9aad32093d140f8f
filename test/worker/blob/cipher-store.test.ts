import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES, openBytes, SEALED_CHUNK_BYTES, sealBytes, sealedLength } from '../../../src/blob/cipher.ts';
import { CipherStore } from '../../../src/blob/cipher-store.ts';
import { crc64 } from '../../../src/blob/crc64.ts';
import { HotBlobStore } from '../../../src/blob/hot-store.ts';
import { KeyRing, MasterKey, SealBroken } from '../../../src/blob/master-keys.ts';
import { parseBlobName } from '../../../src/blob/names.ts';
import { readSegments } from '../../../src/blob/read.ts';
import { BlobStoreError, R2BlobStore } from '../../../src/blob/store.ts';
import { UPLOAD_PART_BYTES } from '../../../src/blob/upload.ts';
import { WHOLE_BODY_BYTES, type WriteOptions, writeBody } from '../../../src/blob/write.ts';
import { bodyOf, patternBytes, readAll } from '../../support/bodies.ts';
import { FaultyBlobStore } from '../../support/faulty-store.ts';

const newKey = () => new MasterKey(crypto.getRandomValues(new Uint8Array(32)));
const key = newKey();
const r2 = new R2BlobStore(env.BLOBS);
const store = new CipherStore(r2, new KeyRing([key]));

let shards = 0;

/** Options of a call whose blobs no other call of this file shares. */
function optionsFor(body: WriteOptions['body'], more: Partial<WriteOptions> = {}): WriteOptions {
  return { shardId: `c${++shards}`, body, inlineLimit: 0, limit: 2 ** 40, idleTimeoutMs: 5000, key, ...more };
}

/** Stores bytes as one sealed blob. @returns its name */
async function sealed(bytes: Uint8Array<ArrayBuffer>, more: Partial<WriteOptions> = {}): Promise<string> {
  const { segments } = await writeBody(store, optionsFor(bytes, more));
  expect(segments.length).toBe(1);
  return segments[0]!.blob;
}

const rawOf = async (name: string) => new Uint8Array(await (await env.BLOBS.get(name))!.arrayBuffer());
const read = async (from: CipherStore, name: string, offset: number, length: number) =>
  readAll((await from.get(name, { offset, length }))!);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('a sealed body', () => {
  const sizes = [
    1,
    16,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    3 * CHUNK_BYTES,
    WHOLE_BODY_BYTES + 1,
    1_000_000,
  ];

  it('has the checksums of its plain bytes, is read back the same, and is stored as something else', async () => {
    for (const size of sizes) {
      const bytes = patternBytes(size, size);
      const bodies = [
        bytes,
        new Response(bytes).body!,
        bodyOf(bytes, { chunk: 33_333 }).stream,
        bodyOf(bytes, { chunk: 70_000, bytes: true }).stream,
      ];
      for (const body of bodies) {
        const md5 = createHash('md5').update(bytes).digest();
        const written = await writeBody(store, optionsFor(body, { length: size, md5 }));
        expect(written).toMatchObject({ size, md5: md5.toString('hex').toUpperCase(), crc64: crc64(bytes) });
        expect(written.segments).toMatchObject([{ offset: 0, length: size, crc64: crc64(bytes) }]);
        const whole = await readSegments(store, written.segments, { offset: 0, length: size });
        expect(same(await readAll(whole), bytes)).toBe(true);
        const raw = await rawOf(written.segments[0]!.blob);
        expect(raw.length).toBe(sealedLength(size));
        if (size >= 16) expect(Buffer.from(raw).includes(bytes.subarray(0, 16))).toBe(false);
      }
    }
  });

  it('may be of unknown length, short or long', { timeout: 20_000 }, async () => {
    for (const size of [
      100,
      500_000,
      UPLOAD_PART_BYTES,
      UPLOAD_PART_BYTES + 5,
      2 * UPLOAD_PART_BYTES + CHUNK_BYTES + 7,
    ]) {
      const bytes = patternBytes(size, size);
      const written = await writeBody(store, optionsFor(bodyOf(bytes, { chunk: 100_000 }).stream));
      expect(written).toMatchObject({ size, crc64: crc64(bytes) });
      const name = written.segments[0]!.blob;
      expect((await env.BLOBS.head(name))!.size).toBe(sealedLength(size));
      expect(same(await read(store, name, 0, size), bytes)).toBe(true);
      expect(same(await read(store, name, size - 50, 50), bytes.subarray(size - 50))).toBe(true);
    }
  });

  it('may be several blobs, each with a data key of its own', async () => {
    const bytes = patternBytes(1_500_000);
    const options = optionsFor(new Response(bytes).body, { length: bytes.length, blobLimit: 400_000 });
    const { segments, crc64: sum } = await writeBody(store, options);
    expect(segments.length).toBe(4);
    expect(new Set(segments.map(({ blob }) => parseBlobName(blob)!.keyToken)).size).toBe(4);
    expect(sum).toBe(crc64(bytes));
    const range = { offset: 399_990, length: 800_020 };
    const content = await readAll(await readSegments(store, segments, range));
    expect(same(content, bytes.subarray(range.offset, range.offset + range.length))).toBe(true);
  });

  it('comes back sealed where it is small enough for the index', async () => {
    const bytes = patternBytes(300);
    const { inline, segments, size } = await writeBody(store, optionsFor(bytes, { inlineLimit: 1000 }));
    expect([size, segments.length]).toEqual([300, 0]);
    expect(Buffer.from(inline!).includes(bytes.subarray(0, 16))).toBe(false);
    const ring = new KeyRing([key]);
    expect(same(await openBytes(ring, inline as Uint8Array<ArrayBuffer>), bytes)).toBe(true);
    for (let at = 0; at < inline!.length; at += 7) {
      const changed = new Uint8Array(inline!);
      changed[at]! ^= 1;
      await expect(openBytes(ring, changed)).rejects.toThrow(SealBroken);
    }
    await expect(openBytes(ring, new Uint8Array(inline!).subarray(0, 50))).rejects.toThrow(SealBroken);
  });

  it('leaves nothing where it is not what its MD5 promised, or breaks off', async () => {
    const bytes = patternBytes(900_000);
    const wrong = new Uint8Array(16);
    const cases: [Partial<WriteOptions>, string][] = [
      [{ body: new Response(bytes).body, length: bytes.length, md5: wrong }, 'md5-mismatch'],
      [{ body: bytes.slice(0, 1000), md5: wrong }, 'md5-mismatch'],
      [{ body: bodyOf(bytes, { chunk: 50_000, failAfter: 700_000 }).stream, length: bytes.length }, 'incomplete-body'],
      [{ body: bodyOf(bytes, { chunk: 50_000, endAfter: 700_000 }).stream, length: bytes.length }, 'incomplete-body'],
    ];
    for (const [more, reason] of cases) {
      const options = optionsFor(null, more);
      await expect(writeBody(store, options)).rejects.toMatchObject({ reason });
      expect((await r2.list({ prefix: `${options.shardId}/` })).blobs).toEqual([]);
    }
  });

  it('says what the store failed with, and stops the sender', async () => {
    const bytes = patternBytes(900_000);
    for (const how of ['before', 'midway', 'after'] as const) {
      const faulty = new CipherStore(
        new FaultyBlobStore(r2, { call: 'put', nth: 1, how, after: 1000 }),
        new KeyRing([key]),
      );
      const body = bodyOf(bytes, { chunk: 50_000 });
      const options = optionsFor(body.stream, { length: bytes.length });
      await expect(writeBody(faulty, options)).rejects.toBeInstanceOf(BlobStoreError);
      expect((await r2.list({ prefix: `${options.shardId}/` })).blobs).toEqual([]);
      expect(body.cancelled() || body.taken() === bytes.length).toBe(true);
    }
  });
});

describe('ranges of a sealed blob', () => {
  it('are what was asked for, wherever they begin and end', async () => {
    const size = 3 * CHUNK_BYTES + 1234;
    const bytes = patternBytes(size);
    const name = await sealed(bytes);
    const edges = [
      0,
      1,
      CHUNK_BYTES - 1,
      CHUNK_BYTES,
      CHUNK_BYTES + 1,
      2 * CHUNK_BYTES,
      3 * CHUNK_BYTES,
      size - 1,
      size,
    ];
    for (const from of edges) {
      for (const to of edges.filter((edge) => edge > from)) {
        const got = await read(store, name, from, to - from);
        if (!same(got, bytes.subarray(from, to))) throw new Error(`${from} to ${to} differs`);
      }
    }
    expect((await read(store, name, 5, 0)).length).toBe(0);
  });

  it('beyond the end are an error, never a short stream', async () => {
    const name = await sealed(patternBytes(CHUNK_BYTES + 10));
    for (const [offset, length] of [
      [0, CHUNK_BYTES + 11],
      [CHUNK_BYTES, 11],
      [CHUNK_BYTES + 10, 1],
      [10 * CHUNK_BYTES, 1],
    ] as const) {
      await expect(read(store, name, offset, length)).rejects.toThrow();
    }
  });

  it('are read without the chunks before and behind them', async () => {
    const asked: number[] = [];
    class Counting extends R2BlobStore {
      override get(name: string, range: Parameters<R2BlobStore['get']>[1]) {
        asked.push(range.offset, range.length);
        return super.get(name, range);
      }
    }
    const name = await sealed(patternBytes(20 * CHUNK_BYTES));
    await read(new CipherStore(new Counting(env.BLOBS), new KeyRing([key])), name, 10 * CHUNK_BYTES + 5, 10);
    expect(asked).toEqual([10 * SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES]);
  });

  it('of a large blob are not read ahead of a slow reader, and let go where the reader goes', async () => {
    const name = await sealed(patternBytes(60 * CHUNK_BYTES));
    const watched = new FaultyBlobStore(r2);
    const stream = (await new CipherStore(watched, new KeyRing([key])).get(name, {
      offset: 0,
      length: 60 * CHUNK_BYTES,
    }))!;
    expect(watched.openReads).toBe(1);
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    await scheduler.wait(20);
    expect(watched.openReads).toBe(0);
  });

  it('are kept in memory as they are stored, and found there', async () => {
    let gets = 0;
    class Counting extends R2BlobStore {
      override get(name: string, range: Parameters<R2BlobStore['get']>[1]) {
        gets++;
        return super.get(name, range);
      }
    }
    const hot = new HotBlobStore(new Counting(env.BLOBS));
    const cached = new CipherStore(hot, new KeyRing([key]));
    for (const size of [10_000, 2 * CHUNK_BYTES]) {
      gets = 0;
      const bytes = patternBytes(size);
      const name = await sealed(bytes);
      for (const _ of [1, 2, 3]) expect(same(await read(cached, name, 0, size), bytes)).toBe(true);
      expect(same(await read(cached, name, 17, 100), bytes.subarray(17, 117))).toBe(true);
      expect(gets).toBe(1);
      const kept = await readAll((await hot.get(name, { offset: 0, length: sealedLength(size), sealed: 1 }))!);
      expect(gets).toBe(1);
      expect(same(kept, await rawOf(name))).toBe(true);
    }
  });
});

describe('[Sec-47] what was tampered with', () => {
  const bytes = patternBytes(2 * CHUNK_BYTES + 500);

  async function replaced(name: string, raw: Uint8Array): Promise<void> {
    await env.BLOBS.put(name, raw);
  }

  it('is not read: a changed byte anywhere', async () => {
    const name = await sealed(bytes);
    const raw = await rawOf(name);
    for (const at of [0, CHUNK_BYTES, SEALED_CHUNK_BYTES + 1, raw.length - 1]) {
      const changed = raw.slice();
      changed[at]! ^= 0x80;
      await replaced(name, changed);
      await expect(read(store, name, 0, bytes.length)).rejects.toThrow();
    }
    await replaced(name, raw);
    expect(same(await read(store, name, 0, bytes.length), bytes)).toBe(true);
  });

  it('breaks off before the first changed byte of a long answer, never ends short', async () => {
    const name = await sealed(bytes);
    const raw = await rawOf(name);
    raw[SEALED_CHUNK_BYTES]! ^= 1;
    await replaced(name, raw);
    const reader = (await store.get(name, { offset: 0, length: bytes.length }))!.getReader();
    let got = 0;
    const drain = async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        got += value.length;
      }
    };
    await expect(drain()).rejects.toThrow();
    expect(got).toBeLessThanOrEqual(CHUNK_BYTES);
  });

  it('is not read: chunks in another order, cut off, or doubled', async () => {
    const name = await sealed(bytes);
    const raw = await rawOf(name);
    const chunk = (n: number) => raw.subarray(n * SEALED_CHUNK_BYTES, (n + 1) * SEALED_CHUNK_BYTES);
    for (const chunks of [
      [1, 0, 2],
      [0, 1],
      [0, 1, 1, 2],
      [0, 2],
    ]) {
      await replaced(name, Buffer.concat(chunks.map(chunk)));
      await expect(read(store, name, 0, bytes.length)).rejects.toThrow();
    }
  });

  it('is not read: the content of another blob, with its key or without', async () => {
    const [one, two] = [await sealed(bytes), await sealed(patternBytes(bytes.length, 7))];
    const raw = await rawOf(two);
    await replaced(one, raw);
    await expect(read(store, one, 0, 10)).rejects.toThrow(SealBroken);
    const renamed = `${one.slice(0, -64)}${two.slice(-64)}`;
    await replaced(renamed, raw);
    await expect(read(store, renamed, 0, 10)).rejects.toThrow(SealBroken);
    await expect(read(store, two, 0, 10)).resolves.toEqual(patternBytes(10, 7));
  });

  it('is not read: a plain blob in the place of a sealed one, or a token that was changed', async () => {
    const name = await sealed(bytes);
    await replaced(name, bytes);
    await expect(read(store, name, 0, 10)).rejects.toThrow(SealBroken);
    const other = `${name.slice(0, -5)}${name.at(-5) === 'A' ? 'B' : 'A'}${name.slice(-4)}`;
    await expect(read(store, other, 0, 10)).rejects.toThrow(SealBroken);
  });
});

describe('master keys', () => {
  it('open nothing that another one sealed', async () => {
    const name = await sealed(patternBytes(100));
    await expect(read(new CipherStore(r2, new KeyRing([newKey()])), name, 0, 10)).rejects.toThrow(SealBroken);
    await expect(openBytes(new KeyRing([newKey()]), await sealBytes(key, patternBytes(10)))).rejects.toThrow(
      SealBroken,
    );
  });

  it('are rotated: the new one seals, the old one still opens what it sealed', async () => {
    const bytes = patternBytes(200_000);
    const old = await sealed(bytes);
    const next = newKey();
    const both = new CipherStore(r2, new KeyRing([next, key]));
    const { segments } = await writeBody(both, optionsFor(bytes, { key: next }));
    expect(same(await read(both, old, 0, bytes.length), bytes)).toBe(true);
    expect(same(await read(both, segments[0]!.blob, 0, bytes.length), bytes)).toBe(true);
    await expect(read(store, segments[0]!.blob, 0, 10)).rejects.toThrow(SealBroken);
  });
});

describe('a store below the cipher', () => {
  it('takes nothing plain under a sealed name, and gives nothing sealed as plain', async () => {
    const name = await sealed(patternBytes(100));
    await expect(writeBody(r2, optionsFor(patternBytes(100)))).rejects.toThrow('its cipher was left out');
    await expect(r2.startUpload(name)).rejects.toThrow('its cipher was left out');
    await expect(r2.get(name, { offset: 0, length: 10 })).rejects.toThrow('its cipher was left out');
  });
});
