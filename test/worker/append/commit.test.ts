import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { crc64 } from '../../../src/blob/crc64.ts';
import { hourStamp, makeBlobName } from '../../../src/blob/names.ts';
import { R2BlobStore } from '../../../src/blob/store.ts';
import type { AppendCommand, Fragment } from '../../../src/index/append-records.ts';
import { TAIL_BYTES_MAX } from '../../../src/index/appends.ts';
import { BlobLedger } from '../../../src/index/blobs.ts';
import { VersionStore } from '../../../src/index/version-store.ts';
import { shardOfBucket } from '../support/index.ts';
import { done } from '../support/versions.ts';
import { newBucket } from '../support/wire.ts';

/** What only a race could do on the wire is asked of the index directly. */

const inline = (size: number): Fragment => ({
  size,
  crc64: '0',
  inline: new Uint8Array(size),
  segments: [],
  cipher: null,
});

function command(position: number, fragment: Fragment, more: Partial<AppendCommand> = {}): AppendCommand {
  return {
    key: 'k',
    position,
    fragment,
    creation: { storageClass: 'Standard', acl: null, meta: { headers: {}, user: {} }, tags: null, cipher: null },
    versioning: null,
    guard: { owner: true, fallback: true },
    ...more,
  };
}

async function inBlob(home: string, size: number): Promise<Fragment> {
  const blob = makeBlobName(home, Date.now());
  await new R2BlobStore(env.BLOBS).put(blob, new Uint8Array(size), { length: size });
  return { size, crc64: '0', inline: null, segments: [{ blob, offset: 0, length: size, crc64: '0' }], cipher: null };
}

describe('committing an append', () => {
  it('[AppendObject-6] never puts a flushed tail under an object that has changed since', async () => {
    const { shard, call, home } = await shardOfBucket(await newBucket());
    await shard.append(call, command(0, inline(10)));
    const large = await inBlob(home, TAIL_BYTES_MAX + 1);
    const asked = await shard.append(call, command(10, large));
    if (!('ok' in asked) || asked.ok.outcome !== 'flush') throw new Error('no flush');
    expect(asked.ok.tail.length).toBe(10);
    const tail = await inBlob(home, 10);
    const flushed = { etag: asked.ok.etag, segments: [...tail.segments, ...large.segments] };
    // Somebody replaces the object by another of the same length.
    await shard.remove(call, {
      entries: [{ key: 'k' }],
      versioning: null,
      guard: { owner: true, fallback: true },
      dryRun: false,
    });
    await shard.append(call, command(0, inline(10)));
    const again = await shard.append(call, command(10, large, { flushed }));
    if (!('ok' in again) || again.ok.outcome !== 'flush') throw new Error('no flush');
    expect(again.ok.etag).not.toBe(asked.ok.etag);
    const settled = await shard.append(call, command(10, large, { flushed: { ...flushed, etag: again.ok.etag } }));
    expect(settled).toMatchObject({ ok: { outcome: 'appended', position: TAIL_BYTES_MAX + 11 } });
  });

  it('[AppendObject-6] takes no blob that the sweep might have taken', async () => {
    const { shard, call, home } = await shardOfBucket(await newBucket());
    const week = 7 * 24 * 3_600_000;
    const blob = `${home}/${hourStamp(Date.now() - week)}/${'a'.repeat(22)}`;
    const old: Fragment = {
      size: 1,
      crc64: '0',
      inline: null,
      segments: [{ blob, offset: 0, length: 1, crc64: '0' }],
      cipher: null,
    };
    expect(await shard.append(call, command(0, old))).toEqual({ refused: 'expired-blob' });
    await shard.append(call, command(0, inline(1)));
    expect(await shard.append(call, command(1, inline(1), { flushed: { etag: 'x', segments: old.segments } }))).toEqual(
      {
        refused: 'expired-blob',
      },
    );
  });

  it('refuses to store what claims to have more bytes, or fewer, than it has', async () => {
    const { shard, home } = await shardOfBucket(await newBucket());
    const { segments } = await inBlob(home, 5);
    const content = {
      kind: 'Normal',
      etag: 'E',
      crc64: '0',
      storageClass: 'Standard',
      acl: null,
      meta: { headers: {}, user: {} },
      tags: null,
      link: null,
      cipher: null,
    } as const;
    const outcomes = await runInDurableObject(shard, (_, { storage: { sql } }) =>
      [
        { size: 6, inline: null, segments },
        { size: 4, inline: null, segments },
        { size: 1, inline: null, segments: [] },
        { size: 10, inline: new Uint8Array(5), segments },
        { size: 5, inline: null, segments },
      ].map((bytes) => {
        try {
          return new VersionStore(sql, new BlobLedger(sql), () => ({ hierarchical: false, retention: null })).write(
            'k',
            undefined,
            { ...content, ...bytes },
            null,
            0,
          );
        } catch (error) {
          return (error as Error).message;
        }
      }),
    );
    expect(outcomes).toEqual([
      'content of 5 + 0 bytes claims to have 6',
      'content of 5 + 0 bytes claims to have 4',
      'content of 0 + 0 bytes claims to have 1',
      'a Normal object has a tail',
      'null',
    ]);
  });
});

describe('an appendable of many blobs', () => {
  it('[AppendObject-10] [GetObject-7] is read page by page, and grows meanwhile', async () => {
    const bucket = await newBucket();
    const { shard, call, home } = await shardOfBucket(bucket);
    const { segments } = await inBlob(home, 1);
    const one: Fragment = { size: 1, crc64: crcOfZeros(1), inline: null, segments, cipher: null };
    for (let i = 0; i < 300; i++) await shard.append(call, command(i, one));
    const first = await shard.read(call, { key: 'k', content: true });
    if (!('ok' in first)) throw new Error('not there');
    expect([first.ok.segments.length, first.ok.more?.start]).toEqual([256, 256]);
    await shard.append(call, command(300, inline(5)));
    const second = await shard.segments(call, first.ok.more!, 256);
    expect(second).toMatchObject({ ok: { more: null } });
    const read = await done('GET', `/${bucket}/k`);
    expect(read.bytes.length).toBe(305);
    const end = await done('GET', `/${bucket}/k`, { headers: { range: 'bytes=-10' } });
    expect([end.bytes.length, end.header('content-range')]).toEqual([10, 'bytes 295-304/305']);
  });
});

function crcOfZeros(length: number): string {
  return String(crc64(new Uint8Array(length)));
}
