import { describe, expect, it } from 'vitest';
import { md5, put } from '../support/config.ts';
import { newBucket, send } from '../support/wire.ts';

const get = (bucket: string) => send('GET', `/${bucket}?referer`);
const referer = (content: string) => `<RefererConfiguration>${content}</RefererConfiguration>`;
const empty = (value: string) => `<AllowEmptyReferer>${value}</AllowEmptyReferer>`;
const list = (...entries: string[]) =>
  `<RefererList>${entries.map((entry) => `<Referer>${entry}</Referer>`).join('')}</RefererList>`;
const blacklist = (...entries: string[]) => list(...entries).replaceAll('RefererList', 'RefererBlacklist');

describe('PutBucketReferer', () => {
  it('[PutBucketReferer-1] [PutBucketReferer-6] [GetBucketReferer-3] replaces the whole list, entries as they are', async () => {
    const bucket = await newBucket();
    const odd = [
      'http://www.*.com',
      'https://www.?.aliyuncs.com',
      'mibrowser:home',
      '测试',
      ' http://a ',
      'http://a',
      'a&amp;b',
    ];
    const answer = await put(bucket, 'referer', referer(empty('true') + list(...odd)));
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect((await get(bucket)).all('Referer')).toEqual([
      'http://www.*.com',
      'https://www.?.aliyuncs.com',
      'mibrowser:home',
      '测试',
      'http://a',
      'http://a',
      'a&b',
    ]);
    await put(bucket, 'referer', referer(empty('true') + list('only')));
    expect((await get(bucket)).all('Referer')).toEqual(['only']);
  });

  it('[PutBucketReferer-2] [PutBucketReferer-7] clears the list by an empty one, a missing one and empty entries', async () => {
    const bucket = await newBucket();
    for (const none of ['<RefererList/>', '', list(), list('', ' ')]) {
      await put(bucket, 'referer', referer(empty('true') + list('a') + blacklist('b')));
      expect((await put(bucket, 'referer', referer(empty('false') + none))).status).toBe(200);
      const stored = await get(bucket);
      expect([stored.all('Referer'), stored.has('RefererBlacklist'), stored.one('AllowEmptyReferer')]).toEqual([
        [],
        false,
        'false',
      ]);
      expect(stored.text).toMatch(/<RefererList><\/RefererList>|<RefererList\/>/);
    }
    await put(bucket, 'referer', referer(`${empty('true')}<RefererList/>`));
    expect((await get(bucket)).one('AllowEmptyReferer')).toBe('true');
  });

  it('[PutBucketReferer-4] [GetBucketReferer-2] takes AllowTruncateQueryString for true unless told otherwise', async () => {
    const bucket = await newBucket();
    const truncate = async (content: string) => {
      expect((await put(bucket, 'referer', referer(empty('true') + content))).status).toBe(200);
      return (await get(bucket)).one('AllowTruncateQueryString');
    };
    expect(await truncate('')).toBe('true');
    expect(await truncate('<AllowTruncateQueryString>false</AllowTruncateQueryString>')).toBe('false');
    expect(await truncate('')).toBe('true');
  });

  it('[PutBucketReferer-8] keeps TruncatePath and a blacklist, also without a whitelist', async () => {
    const bucket = await newBucket();
    for (const path of ['true', 'false']) {
      const body = referer(
        `${empty('true')}<TruncatePath>${path}</TruncatePath>${list('http://a')}${blacklist('http://b', 'http://c')}`,
      );
      expect((await put(bucket, 'referer', body)).status).toBe(200);
      const stored = await get(bucket);
      expect([stored.one('TruncatePath'), stored.all('Referer')]).toEqual([path, ['http://a', 'http://b', 'http://c']]);
      expect(stored.text).toContain(
        '<RefererBlacklist><Referer>http://b</Referer><Referer>http://c</Referer></RefererBlacklist>',
      );
    }
    await put(bucket, 'referer', referer(empty('true') + blacklist('http://b')));
    expect((await get(bucket)).all('Referer')).toEqual(['http://b']);
    const odd = referer(
      `${empty('true')}<AllowTruncateQueryString>false</AllowTruncateQueryString><TruncatePath>true</TruncatePath>`,
    );
    const refused = await put(bucket, 'referer', odd);
    expect([refused.status, refused.code, refused.one('ArgumentName')]).toEqual([
      400,
      'InvalidArgument',
      'TruncatePath',
    ]);
  });

  it('[PutBucketReferer-3] [PutBucketReferer-5] [EdgeCommon-17] refuses a document that does not validate', async () => {
    const bucket = await newBucket();
    await put(bucket, 'referer', referer(empty('true') + list('kept')));
    for (const bad of [
      referer(list('a')),
      referer(`${empty('yes')}${list('a')}`),
      referer(`${empty('True')}${list('a')}`),
      referer(`${empty('')}${list('a')}`),
      referer(`${empty('true')}${empty('true')}`),
      referer(`${empty('true')}<AllowTruncateQueryString>1</AllowTruncateQueryString>`),
      referer(`${empty('true')}<RefererList>text</RefererList>`),
      referer(`${empty('true')}<RefererList><Referer><b/></Referer></RefererList>`),
      `<Referer>${empty('true')}</Referer>`,
      '',
    ]) {
      const answer = await put(bucket, 'referer', bad);
      expect([bad, answer.status, answer.code]).toEqual([bad, 400, 'MalformedXML']);
    }
    expect((await get(bucket)).all('Referer')).toEqual(['kept']);
  });

  it('[EdgeCommon-6] passes over elements that it does not know, in its lists too', async () => {
    const bucket = await newBucket();
    const body = referer(
      `${empty('true')}<New>1</New>${list('a').replace('</RefererList>', '<New>b</New></RefererList>')}`,
    );
    expect((await put(bucket, 'referer', body)).status).toBe(200);
    expect((await get(bucket)).all('Referer')).toEqual(['a']);
  });

  it('bounds both lists together to 20 KB', async () => {
    const bucket = await newBucket();
    const [half, rest] = ['a'.repeat(10_240), 'b'.repeat(10_240)];
    expect((await put(bucket, 'referer', referer(empty('true') + list(half) + blacklist(rest)))).status).toBe(200);
    const answer = await put(bucket, 'referer', referer(empty('true') + list(half, 'c') + blacklist(rest)));
    expect([answer.status, answer.code]).toEqual([400, 'InlineDataTooLarge']);
  });

  it('[EdgeCommon-1] checks Content-MD5', async () => {
    const bucket = await newBucket();
    const body = referer(empty('true'));
    expect((await put(bucket, 'referer', body, { headers: { 'content-md5': md5(body) } })).status).toBe(200);
    const answer = await put(bucket, 'referer', body, { headers: { 'content-md5': md5('x') } });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidDigest']);
  });
});

describe('GetBucketReferer', () => {
  it('[GetBucketReferer-1] shows the defaults of a bucket that was never configured', async () => {
    const answer = await get(await newBucket());
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(
      '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString>',
    );
    expect([answer.has('RefererList'), answer.has('RefererBlacklist'), answer.all('Referer')]).toEqual([
      true,
      false,
      [],
    ]);
  });

  it.each(['PUT', 'GET'])('[EdgeCommon-11] [EdgeCommon-12] %s is the owner’s alone', async (method) => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    const body = method === 'PUT' ? { body: referer(empty('true')) } : {};
    for (const as of ['anonymous', 'other', 'user'] as const) {
      const answer = await send(method, `/${bucket}?referer`, { as, ...body });
      expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
    }
    const missing = await send(method, '/no-such-bucket-here?referer', body);
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
    expect((await send('DELETE', `/${bucket}?referer`)).status).toBe(405);
  });

  it('[EdgeCommon-13] works in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'referer', referer(empty('true') + list('a')))).status).toBe(200);
    expect((await get(bucket)).all('Referer')).toEqual(['a']);
  });
});
