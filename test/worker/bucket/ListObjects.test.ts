import { beforeAll, describe, expect, it } from 'vitest';
import { byBytes } from '../../support/list-model.ts';
import { type Answer, accounts, configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

const keys = [
  'fun/',
  'fun/movie/001.avi',
  'fun/movie/007.avi',
  'fun/test.jpg',
  'oss.jpg',
  'test.txt',
  'test1.txt',
  'test10.txt',
  'test100.txt',
];
let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  for (const key of keys) expect((await put(bucket, key)).status).toBe(200);
});

function put(into: string, key: string, headers: Record<string, string> = {}, body: BodyInit = 'x'): Promise<Answer> {
  return send('PUT', `/${into}/${encodeURIComponent(key)}`, { headers, body });
}

function list(query = '', from = bucket): Promise<Answer> {
  return send('GET', `/${from}?${query}`);
}

describe('ListObjects', () => {
  it('[GetBucket-18] lists in the order of the reference, with empty elements for what was not asked', async () => {
    const answer = await list('max-keys=1');
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    const start = `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>${bucket}</Name>`;
    expect(answer.text.replace(/<(\w+)\/>/g, '<$1></$1>')).toContain(
      `${start}<Prefix></Prefix><Marker></Marker><MaxKeys>1</MaxKeys><Delimiter></Delimiter><IsTruncated>true</IsTruncated><NextMarker>fun/</NextMarker><Contents><Key>fun/</Key>`,
    );
  });

  it('[GetBucket-1] shows 100 entries where the request does not say how many', async () => {
    const many = await newBucket();
    const names = Array.from({ length: 101 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await Promise.all(names.map((name) => put(many, name)));
    const answer = await list('', many);
    expect(answer.one('MaxKeys')).toBe('100');
    expect(answer.all('Key')).toEqual(names.slice(0, 100));
    expect(answer.one('NextMarker')).toBe('k099');
    expect((await list('max-keys=1000', many)).all('Key')).toEqual(names);
  });

  it('[GetBucket-2] [GetBucket-3] refuses a max-keys out of range and never clamps it', async () => {
    for (const value of ['1001', '-1', '0', 'abc', '1.0', '+5', '%2B5', '18446744073709551617']) {
      const answer = await list(`max-keys=${value}`);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('max-keys');
    }
    for (const value of [1, 1000]) expect((await list(`max-keys=${value}`)).one('MaxKeys')).toBe(String(value));
  });

  it('[GetBucket-4] takes prefix, marker and delimiter below 1,024 bytes of UTF-8', async () => {
    for (const name of ['prefix', 'marker', 'delimiter']) {
      for (const value of ['a'.repeat(1_024), '%E4%B8%AD'.repeat(342)]) {
        const answer = await list(`${name}=${value}`);
        expectRefusal(answer, 400, 'InvalidArgument');
        expect(answer.one('ArgumentName')).toBe(name);
      }
      for (const value of ['a'.repeat(1_023), '%E4%B8%AD'.repeat(341)]) {
        expect((await list(`${name}=${value}`)).status).toBe(200);
      }
    }
  });

  it('[GetBucket-5] [GetBucket-6] starts behind a marker, which need not exist, in the order of bytes', async () => {
    expect((await list('marker=test1.txt')).all('Key')).toEqual(['test10.txt', 'test100.txt']);
    expect((await list('marker=test1')).all('Key')).toEqual(['test1.txt', 'test10.txt', 'test100.txt']);
    expect((await list('marker=zzz')).all('Key')).toEqual([]);
    const all = (await list('')).all('Key');
    expect(all).toEqual([...keys].sort(byBytes));
    expect(all.indexOf('test1.txt')).toBeLessThan(all.indexOf('test10.txt'));
  });

  it('[GetBucket-6] orders characters beyond the BMP behind all others', async () => {
    const many = await newBucket();
    for (const key of ['\u{1f600}', '\ue000', '\uffee', 'z', '中']) await put(many, key);
    expect((await list('', many)).all('Key')).toEqual(['z', '中', '\ue000', '\uffee', '\u{1f600}']);
    expect((await list('marker=%EF%BF%AE', many)).all('Key')).toEqual(['\u{1f600}']);
  });

  it('[GetBucket-7] names the next marker only on a truncated page', async () => {
    const seen: string[] = [];
    let marker = '';
    for (;;) {
      const answer = await list(`max-keys=2&marker=${encodeURIComponent(marker)}`);
      const page = answer.all('Key');
      seen.push(...page);
      const truncated = answer.one('IsTruncated') === 'true';
      expect(answer.one('NextMarker')).toBe(truncated ? page.at(-1) : undefined);
      expect(answer.one('Marker')).toBe(marker);
      if (!truncated) break;
      expect(page).toHaveLength(2);
      marker = answer.one('NextMarker')!;
    }
    expect(seen).toEqual(keys);
    expect((await list(`max-keys=${keys.length}`)).one('IsTruncated')).toBe('false');
  });

  it('[GetBucket-8] counts a common prefix once, and skips all below it on the next page', async () => {
    const first = await list('delimiter=/&max-keys=1');
    expect(first.all('Key')).toEqual([]);
    expect(first.all('Prefix')).toEqual(['', 'fun/']);
    expect(first.one('NextMarker')).toBe('fun/');
    const second = await list('delimiter=/&max-keys=2&marker=fun/');
    expect(second.all('Key')).toEqual(['oss.jpg', 'test.txt']);
    expect(second.all('Prefix')).toEqual(['']);
  });

  it('[GetBucket-9] groups by the text up to the first delimiter', async () => {
    const answer = await list('delimiter=/');
    expect(answer.all('Key')).toEqual(['oss.jpg', 'test.txt', 'test1.txt', 'test10.txt', 'test100.txt']);
    expect(answer.text).toContain('<CommonPrefixes><Prefix>fun/</Prefix></CommonPrefixes></ListBucketResult>');
  });

  it('[GetBucket-10] [GetBucket-11] shows a directory with its own entry, files and sub-directories', async () => {
    const answer = await list('prefix=fun/&delimiter=/');
    expect(answer.all('Key')).toEqual(['fun/', 'fun/test.jpg']);
    expect(answer.all('Prefix')).toEqual(['fun/', 'fun/movie/']);
    expect(answer.one('Delimiter')).toBe('/');
    expect((await list('prefix=fun/')).all('Key')).toEqual(keys.slice(0, 4));
    expect((await list('prefix=fun')).all('Key')).toEqual(keys.slice(0, 4));
  });

  it('[GetBucket-12] [GetBucket-19] [GetBucket-20] shows ETag, type, size and class of each object, and no metadata', async () => {
    const own = await newBucket();
    const headers = { 'x-oss-meta-secret': 'hidden', 'x-oss-storage-class': 'IA', 'content-type': 'text/css' };
    const { headers: created } = await put(own, 'a', headers, 'hello');
    const answer = await list('', own);
    const modified = (await send('HEAD', `/${own}/a`)).header('last-modified')!;
    const owner = `<Owner><ID>${accounts.owner}</ID><DisplayName>${accounts.owner}</DisplayName></Owner>`;
    expect(created.get('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.text).toContain(
      `<Contents><Key>a</Key><LastModified>${new Date(modified).toISOString()}</LastModified><ETag>"5D41402ABC4B2A76B9719D911017C592"</ETag><Type>Normal</Type><Size>5</Size><StorageClass>IA</StorageClass>${owner}</Contents>`,
    );
    expect(answer.text).not.toContain('hidden');
    expect(answer.text).not.toContain('text/css');
  });

  it('[GetBucket-13] hides keys whose current version is a delete marker, and older versions', async () => {
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    for (const key of ['a', 'b', 'b', 'c/1', 'd']) await put(own, key);
    for (const key of ['a', 'c/1', 'd']) await send('DELETE', `/${own}/${key}`);
    expect((await list('', own)).all('Key')).toEqual(['b']);
    const grouped = await list('delimiter=/', own);
    expect(grouped.all('Key')).toEqual(['b']);
    expect(grouped.has('CommonPrefixes')).toBe(false);
    const page = await list('max-keys=1', own);
    expect(page.one('IsTruncated')).toBe('false');
  });

  it('[GetBucket-16] [GetBucket-17] percent-encodes what a client decodes, where it asks for that', async () => {
    const own = await newBucket();
    for (const key of ['a b/1+1', 'a b/中/x', '~-_.', "!'()*"]) await put(own, key);
    const answer = await list('encoding-type=url&delimiter=/&prefix=a%20b/&marker=a%20b/&max-keys=1', own);
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Delimiter')).toBe('%2F');
    expect(answer.one('Marker')).toBe('a%20b%2F');
    expect(answer.one('Prefix')).toBe('a%20b%2F');
    expect(answer.one('Key')).toBe('a%20b%2F1%2B1');
    expect(answer.one('NextMarker')).toBe('a%20b%2F1%2B1');
    const second = await list('encoding-type=URL&delimiter=/&prefix=a%20b/&marker=a%20b/1%2B1', own);
    expect(second.all('Prefix')).toEqual(['a%20b%2F', 'a%20b%2F%E4%B8%AD%2F']);
    expect((await list('encoding-type=url&marker=b', own)).all('Key')).toEqual(['~-_.']);
    expect((await list('encoding-type=url', own)).one('Key')).toBe('%21%27%28%29%2A');
    const plain = await list('prefix=a%20b/', own);
    expect(plain.has('EncodingType')).toBe(false);
    expect(plain.all('Key')).toEqual(['a b/1+1', 'a b/中/x']);
    for (const value of ['base64', 'urls', 'url%20']) {
      const refused = await list(`encoding-type=${value}`, own);
      expectRefusal(refused, 400, 'InvalidArgument');
      expect(refused.one('ArgumentName')).toBe('encoding-type');
    }
  });

  it('[GetBucket-21] always names the bucket’s owner', async () => {
    const answer = await send('GET', `/${bucket}`, { as: 'reader' });
    expect(answer.all('ID')).toEqual(Array(keys.length).fill(accounts.owner));
    expect(answer.all('DisplayName')).toEqual(Array(keys.length).fill(accounts.owner));
  });

  it('[GetBucket-22] is open to the owner and whom a policy lets, not through an ACL', async () => {
    for (const acl of ['private', 'public-read', 'public-read-write']) {
      const own = await newBucket({ acl });
      await put(own, 'a');
      for (const as of ['other', 'user', 'anonymous'] as const) {
        expectRefusal(await send('GET', `/${own}`, { as }), 403, 'AccessDenied');
      }
      for (const as of ['owner', 'reader'] as const)
        expect((await send('GET', `/${own}`, { as })).all('Key')).toEqual(['a']);
    }
    const shared = await newBucket();
    await put(shared, 'a');
    const grant = {
      Effect: 'Allow',
      Principal: ['*'],
      Action: ['oss:ListObjects'],
      Resource: [`acs:oss:*:*:${shared}`],
    };
    await configure(shared, { documents: { policy: JSON.stringify({ Version: '1', Statement: [grant] }) } });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expect((await send('GET', `/${shared}`, { as })).all('Key')).toEqual(['a']);
    }
    const missing = newName();
    const answer = await send('GET', `/${missing}`, { as: 'anonymous' });
    expectRefusal(answer, 404, 'NoSuchBucket');
    expect(answer.one('BucketName')).toBe(missing);
  });

  it('[GetBucket-24] [Sec-43] keeps the document whole whatever a key is made of', async () => {
    const own = await newBucket();
    const odd = ['\u0001\u0007', '\t\n\r', '<Key>&amp;</Key>]]>', 'a\u007f', '\ufffe\uffff', '"\'', '=1+1'];
    for (const key of odd) expect((await put(own, key)).status).toBe(200);
    const plain = await list('', own);
    expect(plain.all('Key').sort(byBytes)).toEqual([...odd].sort(byBytes));
    // XML 1.0 has no such characters: strict parsers refuse them however they are written, ali-oss's takes them plain.
    expect(plain.text).toContain('<Key>\u0001\u0007</Key>');
    expect(plain.text).not.toContain('\r');
    const encoded = await list('encoding-type=url', own);
    expect(encoded.all('Key').map(decodeURIComponent)).toEqual([...odd].sort(byBytes));
    for (const key of odd) {
      expect((await send('GET', `/${own}/${encodeURIComponent(key)}`)).text).toBe('x');
    }
  });

  it('[GetBucket-25] takes a delimiter of several characters', async () => {
    const answer = await list('delimiter=vie/');
    expect(answer.all('Prefix')).toEqual(['', 'fun/movie/']);
    expect(answer.all('Key')).toEqual(['fun/', ...keys.slice(3)]);
  });
});
