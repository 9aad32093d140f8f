import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { crc64 } from '../../../src/blob/crc64.ts';
import { TAIL_BYTES_MAX } from '../../../src/index/appends.ts';
import { shardOfBucket } from '../support/index.ts';
import {
  brief,
  done,
  listVersions,
  mark,
  md5,
  newVersionedBucket,
  put,
  putVersion,
  setVersioning,
} from '../support/versions.ts';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

function append(
  bucket: string,
  key: string,
  position: number | string,
  body: string | Uint8Array<ArrayBuffer>,
  wish: Wish = {},
) {
  return send('POST', `/${bucket}/${key}?append&position=${position}`, { ...wish, body });
}

/** Appends what must be accepted. @returns the next position */
async function appended(
  bucket: string,
  key: string,
  position: number,
  body: string | Uint8Array<ArrayBuffer>,
  wish: Wish = {},
) {
  const answer = await append(bucket, key, position, body, wish);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return Number(answer.header('x-oss-next-append-position'));
}

/** What the index keeps of an object's bytes. */
async function placement(bucket: string, key: string) {
  const { shard } = await shardOfBucket(bucket);
  return runInDurableObject(shard, (_, { storage: { sql } }) => {
    const { id, segments } = sql
      .exec<{ id: number; segments: string | null }>(
        'SELECT id, segments FROM version WHERE key = ? AND current = 1',
        key,
      )
      .one();
    const rows = sql
      .exec<{ length: number }>('SELECT length FROM segment WHERE owner = ? ORDER BY start', id)
      .toArray();
    const tails = sql.exec<{ n: number }>('SELECT length(bytes) AS n FROM tail WHERE owner = ?', id).toArray();
    const lengths =
      segments === null
        ? rows.map(({ length }) => length)
        : (JSON.parse(segments) as [string, number, number][]).map(([, , n]) => n);
    return {
      lengths,
      tail: tails[0]?.n ?? 0,
      allTails: sql.exec<{ n: number }>('SELECT count(*) AS n FROM tail').one().n,
      held: sql.exec<{ n: number }>('SELECT count(*) AS n FROM blob WHERE holders > 0').one().n,
    };
  });
}

function expectWhole(answer: Answer, bytes: Uint8Array) {
  expect(answer.bytes.length).toBe(bytes.length);
  expect(md5(answer.bytes)).toBe(md5(bytes));
  expect(answer.header('x-oss-hash-crc64ecma')).toBe(String(crc64(bytes)));
}

/** Bytes that show where they came from. */
function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 97 + (i >> 8)) & 0xff;
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('AppendObject', () => {
  it('[AppendObject-2] creates at 0, goes on at the length, and starts an empty object twice', async () => {
    const bucket = await newBucket();
    expect(await appended(bucket, 'k', 0, '')).toBe(0);
    expect(await appended(bucket, 'k', 0, 'abc')).toBe(3);
    expect(await appended(bucket, 'k', 3, 'def')).toBe(6);
    const read = await done('GET', `/${bucket}/k`);
    expect([read.text, read.header('content-length')]).toEqual(['abcdef', '6']);
  });

  it('[ObjCommon-23] [AppendObject-20] [ObjCommon-22] answers with the checksum of the sample and an ETag that is no MD5', async () => {
    const bucket = await newBucket();
    const answer = await append(bucket, 'example', 0, 'abc');
    expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
    expect(answer.header('x-oss-hash-crc64ecma')).toBe('3231342946509354535');
    expect(answer.header('etag')).toMatch(/^"[0-9A-F]{24}00000000"$/);
    expect(answer.header('content-md5')).toBeNull();
    expect(answer.header('x-oss-version-id')).toBeNull();
  });

  it('[AppendObject-1] [AppendObject-E2] answers 409 with the position that would be right', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    for (const position of [0, 2, 4, '18446744073709551615']) {
      const answer = await append(bucket, 'k', position, 'x');
      expect([answer.status, answer.code], `${position}`).toEqual([409, 'PositionNotEqualToLength']);
      expect(answer.header('x-oss-next-append-position')).toBe('3');
      expect(answer.one('Message')).toBe('Position is not equal to file length');
    }
    const missing = await append(bucket, 'other', 5, 'x');
    expect([missing.code, missing.header('x-oss-next-append-position')]).toEqual(['PositionNotEqualToLength', '0']);
    expect((await done('GET', `/${bucket}/k`)).text).toBe('abc');
  });

  it('[AppendObject-1] refuses a large body at a wrong position just the same', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    const answer = await append(bucket, 'k', 2, pattern(TAIL_BYTES_MAX + 1, 1));
    expect([answer.code, answer.header('x-oss-next-append-position')]).toEqual(['PositionNotEqualToLength', '3']);
    expect((await placement(bucket, 'k')).lengths).toEqual([]);
  });

  it('[AppendObject-3] [AppendObject-4] [AppendObject-E1] refuses what is not appendable, before it looks at the position', async () => {
    const bucket = await newBucket();
    await put(bucket, 'normal', '123');
    await done('PUT', `/${bucket}/link?symlink`, { headers: { 'x-oss-symlink-target': 'normal' } });
    for (const key of ['normal', 'link']) {
      for (const position of [0, 3, 7]) {
        for (const body of ['x', pattern(TAIL_BYTES_MAX + 1, 1)]) {
          const answer = await append(bucket, key, position, body);
          expect([answer.status, answer.code], `${key} ${position}`).toEqual([409, 'ObjectNotAppendable']);
        }
      }
    }
    expect((await append(bucket, 'normal', 3, 'x')).one('Message')).toBe('The object is not appendable');
  });

  it('[AppendObject-5] refuses a missing position, and one that is no number', async () => {
    const bucket = await newBucket();
    const missing = await send('POST', `/${bucket}/k?append`, { body: 'x' });
    expect([missing.status, missing.code, missing.one('Message')]).toEqual([
      400,
      'MissingArgument',
      'Missing Some Required Arguments.',
    ]);
    for (const position of ['', 'x', '-1', '1.5', '0x10', '1e3', '%200', '18446744073709551616', '9'.repeat(400)]) {
      const answer = await append(bucket, 'k', position, 'x');
      expect([answer.status, answer.code], position).toEqual([400, 'InvalidArgument']);
    }
    expect((await send('HEAD', `/${bucket}/k`)).status).toBe(404);
  });

  it('[AppendObject-6] lets exactly one of many appends at one position pass, small or large', async () => {
    const bucket = await newBucket();
    for (const [round, size] of [100, TAIL_BYTES_MAX + 100].entries()) {
      const key = `race-${round}`;
      const position = await appended(bucket, key, 0, 'start');
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, i) => append(bucket, key, position, pattern(size, i))),
      );
      const winners = answers.flatMap((answer, i) => (answer.status === 200 ? [i] : []));
      expect(winners).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect([answer.status, answer.code]).toEqual([409, 'PositionNotEqualToLength']);
        expect(answer.header('x-oss-next-append-position')).toBe(String(position + size));
      }
      const whole = concat([new TextEncoder().encode('start'), pattern(size, winners[0]!)]);
      expectWhole(await done('GET', `/${bucket}/${key}`), whole);
    }
  });

  it('[AppendObject-7] [AppendObject-8] changes ETag and time with each fragment but an empty one', async () => {
    const bucket = await newBucket();
    const first = await append(bucket, 'k', 0, 'abc');
    const before = (await done('HEAD', `/${bucket}/k`)).header('last-modified');
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const empty = await append(bucket, 'k', 3, '', { headers: { 'x-oss-object-acl': 'public-read' } });
    for (const name of ['etag', 'x-oss-hash-crc64ecma', 'x-oss-next-append-position']) {
      expect(empty.header(name), name).toBe(first.header(name));
    }
    expect((await done('HEAD', `/${bucket}/k`)).header('last-modified')).toBe(before);
    expect((await done('GET', `/${bucket}/k?acl`)).one('Grant')).toBe('default');
    const second = await append(bucket, 'k', 3, 'def');
    expect(second.header('etag')).not.toBe(first.header('etag'));
    const head = await done('HEAD', `/${bucket}/k`);
    expect(head.header('etag')).toBe(second.header('etag'));
    expect(Date.parse(head.header('last-modified')!)).toBeGreaterThan(Date.parse(before!));
  });

  it('[AppendObject-9] checks Content-MD5 of the fragment alone, and appends nothing where it is wrong', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc', { headers: { 'content-md5': md5('abc') } });
    await appended(bucket, 'k', 3, 'def', { headers: { 'content-md5': md5('def') } });
    for (const value of [md5('abcdef'), md5('other'), 'nonsense']) {
      const answer = await append(bucket, 'k', 6, 'ghi', { headers: { 'content-md5': value } });
      expect([answer.status, answer.code], value).toEqual([400, 'InvalidDigest']);
    }
    expect((await done('GET', `/${bucket}/k`)).text).toBe('abcdef');
  });

  it('[AppendObject-13] keeps class, tags and metadata of the first append', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc', {
      headers: {
        'content-type': 'text/x-log',
        'cache-control': 'no-cache',
        'x-oss-storage-class': 'IA',
        'x-oss-tagging': 'a=1',
        'x-oss-meta-my': 'first',
      },
    });
    await appended(bucket, 'k', 3, 'def', {
      headers: {
        'content-type': 'text/html',
        'x-oss-storage-class': 'Standard',
        'x-oss-tagging': 'b=1&c=2',
        'x-oss-meta-my': 'second',
        'x-oss-meta-mine': 'new',
      },
    });
    const head = await done('HEAD', `/${bucket}/k`);
    const names = [
      'content-type',
      'cache-control',
      'x-oss-storage-class',
      'x-oss-tagging-count',
      'x-oss-meta-my',
      'x-oss-meta-mine',
    ];
    expect(names.map((name) => head.header(name))).toEqual(['text/x-log', 'no-cache', 'IA', '1', 'first', null]);
    expect((await done('GET', `/${bucket}/k?tagging`)).all('Key')).toEqual(['a']);
  });

  it('[AppendObject-13] takes the ACL of a later append', async () => {
    const bucket = await newBucket();
    const acl = async () => (await done('GET', `/${bucket}/k?acl`)).one('Grant');
    await appended(bucket, 'k', 0, 'a', { headers: { 'x-oss-object-acl': 'public-read-write' } });
    expect(await acl()).toBe('public-read-write');
    await appended(bucket, 'k', 1, 'b');
    expect(await acl()).toBe('public-read-write');
    await appended(bucket, 'k', 2, 'c', { headers: { 'x-oss-object-acl': 'public-read' } });
    expect(await acl()).toBe('public-read');
    expect((await send('GET', `/${bucket}/k`, { as: 'anonymous' })).text).toBe('abc');
    await appended(bucket, 'k', 3, 'd', { headers: { 'x-oss-object-acl': 'default' } });
    expect(await acl()).toBe('default');
  });

  it('[AppendObject-14] [AppendObject-E3] [ObjCommon-31] refuses classes colder than Archive and ACLs that are none', async () => {
    const bucket = await newBucket();
    for (const headers of [
      { 'x-oss-storage-class': 'ColdArchive' },
      { 'x-oss-storage-class': 'DeepColdArchive' },
      { 'x-oss-storage-class': 'standard' },
      { 'x-oss-object-acl': 'everybody' },
      { 'x-oss-meta-a_b': 'x' },
      { 'x-oss-tagging': 'a=1&a=2' },
    ] as Record<string, string>[]) {
      const answer = await append(bucket, 'k', 0, 'x', { headers });
      expect([answer.status, answer.code], JSON.stringify(headers)).toEqual([400, 'InvalidArgument']);
    }
    for (const storageClass of ['Standard', 'IA', 'Archive']) {
      await appended(bucket, storageClass, 0, 'x', { headers: { 'x-oss-storage-class': storageClass } });
    }
    expect((await send('HEAD', `/${bucket}/k`)).status).toBe(404);
    const body = '<CreateBucketConfiguration><StorageClass>ColdArchive</StorageClass></CreateBucketConfiguration>';
    const cold = await newBucket({ body });
    await appended(cold, 'k', 0, 'x');
    expect((await done('HEAD', `/${cold}/k`)).header('x-oss-storage-class')).toBe('Standard');
  });

  it('[AppendObject-15] [AppendObject-16] [AppendObject-E5] [Sec-47] refuses encryption that it cannot honour, and ignores it later', async () => {
    const bucket = await newBucket();
    const tell = async (position: number, headers: Record<string, string>) => {
      const answer = await append(bucket, 'k', position, 'x', { headers });
      return [answer.status, answer.code];
    };
    const name = 'x-oss-server-side-encryption';
    expect(await tell(0, { [name]: 'KMS' })).toEqual([403, 'KmsServiceNotEnabled']);
    expect(await tell(0, { [name]: 'DES' })).toEqual([400, 'InvalidEncryptionAlgorithmError']);
    expect(await tell(0, { [name]: 'KMS', [`${name}-key-id`]: 'id' })).toEqual([400, 'InvalidArgument']);
    expect((await send('HEAD', `/${bucket}/k`)).status).toBe(404);
    await appended(bucket, 'k', 0, 'x');
    const later = await append(bucket, 'k', 1, 'y', { headers: { [name]: 'AES256' } });
    expect([later.status, later.header(name)]).toEqual([200, null]);
  });

  it('[AppendObject-17] refuses what would make more than 5 GB, before it reads a byte', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'x');
    const length = 5 * 1_024 ** 3;
    await setSize(bucket, 'k', length - 1);
    const answer = await append(bucket, 'k', length - 1, 'xy');
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
    expect((await done('HEAD', `/${bucket}/k`)).header('x-oss-next-append-position')).toBe(String(length - 1));
    expect(await appended(bucket, 'k', length - 1, 'x')).toBe(length);
  });

  it('[AppendObject-17] refuses a body of unknown length that turns out too long', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'x');
    const length = 5 * 1_024 ** 3;
    await setSize(bucket, 'k', length - 10);
    const body = new Response(pattern(100, 1)).body!;
    const answer = await send('POST', `/${bucket}/k?append&position=${length - 10}`, { body });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
  });

  it('[AppendObject-19] [HeadObject-7] [HeadObject-8] [GetBucket-20] shows an appendable for what it is', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    await put(bucket, 'normal');
    for (const method of ['HEAD', 'GET']) {
      const answer = await done(method, `/${bucket}/k`);
      expect(answer.header('x-oss-object-type')).toBe('Appendable');
      expect(answer.header('x-oss-next-append-position')).toBe('3');
      expect(answer.header('x-oss-hash-crc64ecma')).toBe('3231342946509354535');
      expect(answer.header('content-md5')).toBeNull();
      expect((await done(method, `/${bucket}/normal`)).header('x-oss-next-append-position')).toBeNull();
    }
    expect((await done('GET', `/${bucket}?prefix=k`)).one('Type')).toBe('Appendable');
  });

  it('[AppendObject-21] gets other headers by a copy onto itself, keeps all of its bytes, and goes on growing', async () => {
    const bucket = await newBucket();
    const large = pattern(TAIL_BYTES_MAX + 1, 1);
    await appended(bucket, 'k', 0, large, { headers: { 'x-oss-meta-a': 'old' } });
    await appended(bucket, 'k', large.length, 'tail');
    await done('PUT', `/${bucket}/k`, {
      headers: {
        'x-oss-copy-source': `/${bucket}/k`,
        'x-oss-metadata-directive': 'REPLACE',
        'x-oss-meta-a': 'new',
      },
    });
    const next = await appended(bucket, 'k', large.length + 4, 'more');
    const read = await done('GET', `/${bucket}/k`);
    expect([read.header('x-oss-meta-a'), read.header('x-oss-next-append-position')]).toEqual(['new', `${next}`]);
    expectWhole(read, concat([large, new TextEncoder().encode('tailmore')]));
  });

  it('[AppendObject-22] ignores x-oss-forbid-overwrite', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    expect(await appended(bucket, 'k', 0, 'a', { headers })).toBe(1);
    expect(await appended(bucket, 'k', 1, 'b', { headers })).toBe(2);
  });

  it('[AppendObject-23] [ObjCommon-1] is refused in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    const answer = await append(bucket, 'k', 0, 'x');
    expect([answer.status, answer.code]).toEqual([400, 'OperationNotSupported']);
  });

  it('[ObjCommon-17] refuses conditions', async () => {
    const bucket = await newBucket();
    expect((await append(bucket, 'k', 0, 'x', { headers: { 'if-match': '*' } })).code).toBe('NotImplemented');
  });

  it('[PutObject-11] turns normal when it is overwritten', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    await put(bucket, 'k', 'normal');
    const head = await done('HEAD', `/${bucket}/k`);
    expect([head.header('x-oss-object-type'), head.header('x-oss-next-append-position')]).toEqual(['Normal', null]);
    expect((await append(bucket, 'k', 6, 'x')).code).toBe('ObjectNotAppendable');
    expect((await placement(bucket, 'k')).allTails).toBe(0);
    await done('DELETE', `/${bucket}/k`);
    expect(await appended(bucket, 'k', 0, 'x')).toBe(1);
  });

  it('[Sec-3] [ObjCommon-3] has append and position signed: nobody moves a signed append', async () => {
    const bucket = await newBucket();
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      const wish = { scheme, place: 'query', body: 'x' } as const;
      const moved = await send('POST', `/${bucket}/k?append`, { ...wish, unsigned: { query: 'position=0' } });
      expect([moved.status, moved.code], scheme).toEqual([403, 'SignatureDoesNotMatch']);
      const turned = await send('POST', `/${bucket}/k?position=0`, { ...wish, unsigned: { query: 'append' } });
      expect([turned.status, turned.code], scheme).toEqual([403, 'SignatureDoesNotMatch']);
    }
    expect(
      (await send('POST', `/${bucket}/k?append&position=0`, { scheme: 'V1', place: 'query', body: 'x' })).status,
    ).toBe(200);
  });

  it('[ObjCommon-27] [Sec-16] is a write: a bucket or object ACL opens it, and none but that', async () => {
    const closed = await newBucket({ acl: 'public-read' });
    expect((await append(closed, 'k', 0, 'x', { as: 'anonymous' })).status).toBe(403);
    await appended(closed, 'k', 0, 'a', { headers: { 'x-oss-object-acl': 'public-read-write' } });
    expect((await append(closed, 'k', 1, 'b', { as: 'anonymous' })).status).toBe(200);
    expect((await append(closed, 'other', 0, 'b', { as: 'anonymous' })).status).toBe(403);
    await appended(closed, 'mine', 0, 'a', { headers: { 'x-oss-object-acl': 'private' } });
    const refused = await append(closed, 'mine', 5, 'b', { as: 'anonymous' });
    expect([refused.status, refused.header('x-oss-next-append-position')]).toEqual([403, null]);
    const open = await newBucket({ acl: 'public-read-write' });
    expect((await append(open, 'k', 0, 'x', { as: 'anonymous' })).status).toBe(200);
  });
});

describe('AppendObject with versions', () => {
  it('[AppendObject-11] keeps the id of the first append, and makes no older versions', async () => {
    const bucket = await newVersionedBucket();
    const first = await append(bucket, 'k', 0, 'abc');
    const id = first.header('x-oss-version-id');
    expect(id).toMatch(/^[A-Za-z0-9_.~-]{64}$/);
    expect((await append(bucket, 'k', 3, 'def')).header('x-oss-version-id')).toBe(id);
    expect((await append(bucket, 'k', 6, '')).header('x-oss-version-id')).toBe(id);
    expect((await listVersions(bucket)).map(brief)).toEqual([`k@${id}*`]);
    const suspended = await newVersionedBucket('Suspended');
    expect((await append(suspended, 'k', 0, 'abc')).header('x-oss-version-id')).toBe('null');
    expect((await append(suspended, 'k', 3, 'def')).header('x-oss-version-id')).toBe('null');
  });

  it('[AppendObject-11] goes on with an object from before versioning, in place', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    await setVersioning(bucket, 'Enabled');
    expect((await append(bucket, 'k', 3, 'def')).header('x-oss-version-id')).toBe('null');
    expect((await listVersions(bucket)).map(brief)).toEqual(['k@null*']);
  });

  it('[AppendObject-4] starts anew over a delete marker, at 0 only, and goes on after the marker below is gone', async () => {
    const bucket = await newVersionedBucket();
    const old = (await append(bucket, 'k', 0, 'abc')).header('x-oss-version-id');
    const marker = await mark(bucket, 'k');
    const wrong = await append(bucket, 'k', 3, 'def');
    expect([wrong.code, wrong.header('x-oss-next-append-position')]).toEqual(['PositionNotEqualToLength', '0']);
    const fresh = (await append(bucket, 'k', 0, 'new')).header('x-oss-version-id');
    expect((await listVersions(bucket)).map(brief)).toEqual([`k@${fresh}*`, `k@${marker}!`, `k@${old}`]);
    await done('DELETE', `/${bucket}/k?versionId=${marker}`);
    expect(await appended(bucket, 'k', 3, 'est')).toBe(6);
    expect((await done('GET', `/${bucket}/k?versionId=${old}`)).text).toBe('abc');
    expect((await done('GET', `/${bucket}/k`)).text).toBe('newest');
  });

  it('[AppendObject-12] [DeleteObject-10] closes what was replaced for good, though it stays readable', async () => {
    const bucket = await newVersionedBucket();
    for (const [key, replace] of [
      ['put', () => putVersion(bucket, 'put', 'x')],
      ['deleted', () => mark(bucket, 'deleted')],
    ] as const) {
      const id = (await append(bucket, key, 0, 'abc')).header('x-oss-version-id');
      const above = await replace();
      expect((await done('GET', `/${bucket}/${key}?versionId=${id}`)).text).toBe('abc');
      await done('DELETE', `/${bucket}/${key}?versionId=${above}`);
      const promoted = await done('GET', `/${bucket}/${key}`);
      expect([promoted.text, promoted.header('x-oss-version-id')]).toEqual(['abc', id]);
      expect((await append(bucket, key, 3, 'def')).code).toBe('ObjectNotAppendable');
      expect((await append(bucket, key, 3, pattern(TAIL_BYTES_MAX + 1, 1))).code).toBe('ObjectNotAppendable');
    }
  });

  it('[AppendObject-12] is replaced by a null version while suspended', async () => {
    const bucket = await newVersionedBucket('Suspended');
    await appended(bucket, 'k', 0, 'abc');
    await putVersion(bucket, 'k', 'normal');
    expect((await listVersions(bucket)).map(brief)).toEqual(['k@null*']);
    expect((await placement(bucket, 'k')).allTails).toBe(0);
  });
});

describe('the bytes of an appendable', () => {
  it('[AppendObject-10] gathers small fragments in the index and puts them into one blob when there are enough', async () => {
    const bucket = await newBucket();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let position = 0;
    const add = async (length: number) => {
      const part = pattern(length, parts.length);
      parts.push(part);
      position = await appended(bucket, 'k', position, part);
    };
    await add(1_000);
    await add(TAIL_BYTES_MAX - 1_000);
    expect(await placement(bucket, 'k')).toMatchObject({ lengths: [], tail: TAIL_BYTES_MAX, held: 0 });
    await add(1);
    expect(await placement(bucket, 'k')).toMatchObject({ lengths: [TAIL_BYTES_MAX + 1], tail: 0, held: 1 });
    await add(10);
    await add(20);
    expect(await placement(bucket, 'k')).toMatchObject({ lengths: [TAIL_BYTES_MAX + 1], tail: 30, held: 1 });
    expectWhole(await done('GET', `/${bucket}/k`), concat(parts));
    await add(TAIL_BYTES_MAX + 5);
    expect(await placement(bucket, 'k')).toMatchObject({
      lengths: [TAIL_BYTES_MAX + 1, 30, TAIL_BYTES_MAX + 5],
      tail: 0,
      held: 3,
    });
    await add(TAIL_BYTES_MAX + 6);
    await add(7);
    expect(await placement(bucket, 'k')).toMatchObject({ tail: 7, held: 4 });
    const whole = concat(parts);
    expectWhole(await done('GET', `/${bucket}/k`), whole);
    await done('DELETE', `/${bucket}/k`);
    await put(bucket, 'k', 'x');
    expect(await placement(bucket, 'k')).toMatchObject({ allTails: 0, held: 0 });
  });

  it('[GetObject-7] reads ranges in blobs, in the index, and across both', async () => {
    const bucket = await newBucket();
    const first = pattern(TAIL_BYTES_MAX + 10, 1);
    const second = pattern(500, 2);
    await appended(bucket, 'k', 0, first);
    await appended(bucket, 'k', first.length, second);
    const whole = concat([first, second]);
    const edge = first.length;
    for (const [from, to] of [
      [0, 9],
      [edge - 5, edge - 1],
      [edge - 5, edge + 4],
      [edge - 1, edge],
      [edge, edge + 9],
      [edge + 100, whole.length - 1],
      [0, whole.length - 1],
    ] as const) {
      const answer = await done('GET', `/${bucket}/k`, { headers: { range: `bytes=${from}-${to}` } });
      expect([answer.status, answer.header('content-length')], `${from}-${to}`).toEqual([206, `${to - from + 1}`]);
      expect(md5(answer.bytes), `${from}-${to}`).toBe(md5(whole.subarray(from, to + 1)));
    }
    const suffix = await done('GET', `/${bucket}/k`, { headers: { range: 'bytes=-600' } });
    expect(md5(suffix.bytes)).toBe(md5(whole.subarray(-600)));
  });

  it('[GetObject-14] compresses the whole of it, blobs and tail', async () => {
    const bucket = await newBucket();
    const large = 'a'.repeat(TAIL_BYTES_MAX + 1);
    await appended(bucket, 'k', 0, large, { headers: { 'content-type': 'text/plain' } });
    await appended(bucket, 'k', large.length, large);
    await appended(bucket, 'k', 2 * large.length, 'the end');
    const answer = await done('GET', `/${bucket}/k`, { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.text === `${large}${large}the end`).toBe(true);
  });

  it('[AppendObject-10] keeps long lists of segments beside the row', async () => {
    const bucket = await newBucket();
    const part = pattern(TAIL_BYTES_MAX + 1, 3);
    let position = 0;
    for (let i = 0; i < 35; i++) position = await appended(bucket, 'k', position, part);
    position = await appended(bucket, 'k', position, 'tail');
    const { lengths, tail } = await placement(bucket, 'k');
    expect([lengths.length, tail]).toEqual([35, 4]);
    const whole = concat([...Array.from({ length: 35 }, () => part), new TextEncoder().encode('tail')]);
    expectWhole(await done('GET', `/${bucket}/k`), whole);
    const range = await done('GET', `/${bucket}/k`, {
      headers: { range: `bytes=${33 * part.length}-${position - 1}` },
    });
    expect(md5(range.bytes)).toBe(md5(whole.subarray(33 * part.length)));
  });

  it('[AppendObject-1] takes many small appends one after another', async () => {
    const bucket = await newBucket();
    let position = 0;
    for (let i = 0; i < 100; i++) position = await appended(bucket, 'log', position, `line ${i}\n`);
    const expected = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join('');
    expectWhole(await done('GET', `/${bucket}/log`), new TextEncoder().encode(expected));
    expect(await placement(bucket, 'log')).toMatchObject({ lengths: [], tail: expected.length, held: 0 });
  });
});

describe('SealAppendObject', () => {
  it('is not offered, as where the live service does not offer it', async () => {
    const bucket = await newBucket();
    await appended(bucket, 'k', 0, 'abc');
    const answer = await send('POST', `/${bucket}/k?seal&position=3`);
    expect([answer.status, answer.code, answer.one('Message'), answer.one('EC')]).toEqual([
      400,
      'OperationNotSupported',
      'SealAppendable is not supported.',
      '0016-00000513',
    ]);
    expect((await send('POST', `/${bucket}/k?seal&position=3`, { as: 'anonymous' })).status).toBe(403);
    expect(await appended(bucket, 'k', 3, 'def')).toBe(6);
  });
});

/** Makes the index believe that an object is larger: nobody uploads 5 GB in a test. */
async function setSize(bucket: string, key: string, size: number) {
  const { shard } = await shardOfBucket(bucket);
  await runInDurableObject(shard, (_, { storage }) => {
    storage.sql.exec('UPDATE version SET size = ? WHERE key = ?', size, key);
  });
}
