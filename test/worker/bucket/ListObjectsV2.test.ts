import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, accounts, configure, expectRefusal, newBucket, send } from '../support/wire.ts';

const keys = ['a', 'a/b', 'a/c', 'b', 'b/', 'b/d', 'bc', 'c'];
let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  for (const key of keys) await put(bucket, key);
});

function put(into: string, key: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send('PUT', `/${into}/${encodeURIComponent(key)}`, { headers, body: 'x' });
}

function list(query = '', from = bucket): Promise<Answer> {
  return send('GET', `/${from}?list-type=2${query === '' ? '' : `&${query}`}`);
}

describe('ListObjectsV2', () => {
  it('[GetBucketV2-1] is asked for by list-type=2 and nothing else', async () => {
    const answer = await list();
    expect(answer.status).toBe(200);
    expect(answer.all('Key')).toEqual(keys);
    expect(answer.has('KeyCount')).toBe(true);
    for (const type of ['1', '3', '', '2x', '02']) {
      const refused = await send('GET', `/${bucket}?list-type=${type}`);
      expectRefusal(refused, 400, 'InvalidArgument');
      expect(refused.one('ArgumentName')).toBe('list-type');
    }
    const v1 = await send('GET', `/${bucket}`);
    expect(v1.has('KeyCount')).toBe(false);
    expect(v1.has('Marker')).toBe(true);
  });

  it('[GetBucketV2-2] [GetBucketV2-17] names owners only where the request wants them', async () => {
    for (const query of ['', 'fetch-owner=false', 'fetch-owner=']) expect((await list(query)).has('Owner')).toBe(false);
    const answer = await list('fetch-owner=true');
    expect(answer.all('ID')).toEqual(Array(keys.length).fill(accounts.owner));
    for (const value of ['yes', '1', 'tru']) {
      const refused = await list(`fetch-owner=${value}`);
      expectRefusal(refused, 400, 'InvalidArgument');
      expect(refused.one('ArgumentName')).toBe('fetch-owner');
    }
  });

  it('[GetBucketV2-3] [GetBucketV2-11] counts keys and common prefixes of the page together', async () => {
    const answer = await list('delimiter=/');
    expect(answer.all('Key')).toEqual(['a', 'b', 'bc', 'c']);
    expect(answer.all('Prefix')).toEqual(['', 'a/', 'b/']);
    expect(answer.one('KeyCount')).toBe('6');
    const page = await list('delimiter=/&max-keys=2');
    expect(page.all('Key')).toEqual(['a']);
    expect(page.all('Prefix')).toEqual(['', 'a/']);
    expect(page.one('KeyCount')).toBe('2');
    expect((await list('prefix=none')).one('KeyCount')).toBe('0');
  });

  it('[GetBucketV2-4] [GetBucketV2-5] shows only what was asked, in the order of the reference', async () => {
    const bare = await list();
    for (const element of ['StartAfter', 'ContinuationToken', 'NextContinuationToken', 'Delimiter', 'EncodingType']) {
      expect(bare.has(element), element).toBe(false);
    }
    expect(bare.text.replace('<Prefix/>', '<Prefix></Prefix>')).toContain(
      `<ListBucketResult><Name>${bucket}</Name><Prefix></Prefix><MaxKeys>100</MaxKeys><IsTruncated>false</IsTruncated><Contents>`,
    );
    expect(bare.text).toMatch(/<KeyCount>8<\/KeyCount><\/ListBucketResult>$/);
    const first = await list('max-keys=2&start-after=a&delimiter=/&encoding-type=url');
    const token = first.one('NextContinuationToken');
    expect(first.text).toContain(
      `<StartAfter>a</StartAfter><MaxKeys>2</MaxKeys><Delimiter>%2F</Delimiter><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`,
    );
    const second = await list(`max-keys=100&continuation-token=${token}`);
    expect(second.one('ContinuationToken')).toBe(token);
    expect(second.has('StartAfter')).toBe(false);
    expect(second.has('NextContinuationToken')).toBe(false);
  });

  it('[GetBucketV2-6] gives opaque tokens that survive any URL, and refuses what it did not give', async () => {
    for (const size of [1, 2, 3, 5]) {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const answer = await list(`max-keys=${size}${token === undefined ? '' : `&continuation-token=${token}`}`);
        expect(answer.status).toBe(200);
        seen.push(...answer.all('Key'));
        token = answer.one('NextContinuationToken');
        if (token !== undefined) {
          expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
          expect(keys).not.toContain(token);
        }
      } while (token !== undefined);
      expect(seen).toEqual(keys);
    }
    const good = (await list('max-keys=3')).one('NextContinuationToken')!;
    for (const token of [
      'err-token',
      'test1.txt',
      'a',
      'CgJiYw--',
      `${good}x`,
      good.slice(1),
      `${good}-`,
      '%00',
      '%F0%9F%98%80',
    ]) {
      const refused = await list(`continuation-token=${token}`);
      expectRefusal(refused, 400, 'InvalidArgument');
      expect(refused.one('ArgumentName')).toBe('continuation-token');
    }
  });

  it('[GetBucketV2-7] lets the token win over start-after, which is still echoed', async () => {
    const token = (await list('max-keys=2')).one('NextContinuationToken');
    const answer = await list(`continuation-token=${token}&start-after=c`);
    expect(answer.all('Key')).toEqual(keys.slice(2));
    expect(answer.one('StartAfter')).toBe('c');
  });

  it('[GetBucketV2-8] starts behind start-after, which need not exist', async () => {
    expect((await list('start-after=b')).all('Key')).toEqual(['b/', 'b/d', 'bc', 'c']);
    expect((await list('start-after=bb')).all('Key')).toEqual(['bc', 'c']);
    expect((await list('start-after=zz')).all('Key')).toEqual([]);
    expectRefusal(await list(`start-after=${'a'.repeat(1_024)}`), 400, 'InvalidArgument');
  });

  it('[GetBucketV2-9] refuses a prefix that starts with a slash, as version 1 does not', async () => {
    const refused = await list('prefix=/a');
    expectRefusal(refused, 400, 'InvalidArgument');
    expect(refused.one('ArgumentName')).toBe('prefix');
    expect((await send('GET', `/${bucket}?prefix=/a`)).status).toBe(200);
    expectRefusal(await list(`prefix=${'a'.repeat(1_024)}`), 400, 'InvalidArgument');
    expect((await list(`prefix=${'a'.repeat(1_023)}`)).status).toBe(200);
  });

  it('[GetBucketV2-10] percent-encodes what a client decodes, where it asks for that', async () => {
    const own = await newBucket();
    for (const key of ['x y/1', 'x y/2/3']) await put(own, key);
    const answer = await list('encoding-type=url&prefix=x%20y/&delimiter=/&start-after=x%20', own);
    expect(answer.one('Prefix')).toBe('x%20y%2F');
    expect(answer.one('StartAfter')).toBe('x%20');
    expect(answer.one('Delimiter')).toBe('%2F');
    expect(answer.all('Key')).toEqual(['x%20y%2F1']);
    expect(answer.all('Prefix')).toEqual(['x%20y%2F', 'x%20y%2F2%2F']);
    expectRefusal(await list('encoding-type=hex', own), 400, 'InvalidArgument');
  });

  it('[GetBucketV2-12] [GetBucketV2-14] shows the type of each object and no metadata', async () => {
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    await put(own, 'shown', { 'x-oss-meta-secret': 'hidden' });
    await put(own, 'gone');
    await send('DELETE', `/${own}/gone`);
    const answer = await list('', own);
    expect(answer.all('Key')).toEqual(['shown']);
    expect(answer.all('Type')).toEqual(['Normal']);
    expect(answer.all('StorageClass')).toEqual(['Standard']);
    expect(answer.text).not.toContain('hidden');
  });

  it('[GetBucketV2-15] goes on where a token points, also when that key is deleted meanwhile', async () => {
    const own = await newBucket();
    for (const key of ['1', '2', '3', '4']) await put(own, key);
    const token = (await list('max-keys=2', own)).one('NextContinuationToken');
    for (const key of ['2', '3']) await send('DELETE', `/${own}/${key}`);
    await put(own, '25');
    expect((await list(`continuation-token=${token}`, own)).all('Key')).toEqual(['25', '4']);
  });

  it('[GetBucketV2-15] a page that ends on a common prefix is followed by what is behind all of it', async () => {
    const first = await list('delimiter=/&max-keys=2');
    expect(first.all('Prefix')).toEqual(['', 'a/']);
    const second = await list(`delimiter=/&continuation-token=${first.one('NextContinuationToken')}`);
    expect(second.all('Key')).toEqual(['b', 'bc', 'c']);
    expect(second.all('Prefix')).toEqual(['', 'b/']);
  });

  it('[GetBucketV2-16] takes max-keys of 1 to 1000, 100 by default', async () => {
    expect((await list()).one('MaxKeys')).toBe('100');
    expect((await list('max-keys=1000')).one('MaxKeys')).toBe('1000');
    for (const value of ['0', '1001', '-1', 'x'])
      expectRefusal(await list(`max-keys=${value}`), 400, 'InvalidArgument');
  });

  it('is open to whom version 1 is open', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    await put(open, 'a');
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('GET', `/${open}?list-type=2`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${open}?list-type=2`, { as: 'reader' })).all('Key')).toEqual(['a']);
  });
});
