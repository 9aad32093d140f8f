import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
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
import { newBucket, send, type Wish } from '../support/wire.ts';

function putLink(bucket: string, key: string, target: string, headers: Record<string, string> = {}, wish: Wish = {}) {
  return send('PUT', `/${bucket}/${key}?symlink`, { ...wish, headers: { ...headers, 'x-oss-symlink-target': target } });
}

async function link(bucket: string, key: string, target: string, headers: Record<string, string> = {}) {
  const answer = await putLink(bucket, key, target, headers);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.header('x-oss-version-id');
}

const later = () => new Promise((resolve) => setTimeout(resolve, 1_050));

describe('PutSymlink', () => {
  it('[PutSymlink-1] asks nothing of the target: missing, forbidden, or a link itself', async () => {
    const bucket = await newBucket();
    const answer = await putLink(bucket, 'dangling', 'nowhere');
    expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
    expect(answer.header('x-oss-version-id')).toBeNull();
    expect((await putLink(bucket, 'chain', 'dangling')).status).toBe(200);
  });

  it('[PutSymlink-2] [PutSymlink-3] [GetObject-21] [GetObject-E3] [HeadObject-E4] finds out on read that a link leads to a link, or to itself', async () => {
    const bucket = await newBucket();
    await put(bucket, 'real');
    await link(bucket, 'one', 'real');
    await link(bucket, 'two', 'one');
    await link(bucket, 'self', 'self');
    for (const key of ['two', 'self']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(method, `/${bucket}/${key}`);
        expect([answer.status, answer.code], `${method} ${key}`).toEqual([400, 'InvalidTargetType']);
      }
    }
  });

  it('[PutSymlink-3] takes the target percent-encoded, and refuses what can be no key', async () => {
    const bucket = await newBucket();
    const key = 'dir/a b+c&(1)测试.txt';
    await put(bucket, encodeURIComponent(key), 'content');
    await link(bucket, 'link', encodeURIComponent(key));
    expect((await done('GET', `/${bucket}/link`)).text).toBe('content');
    // The Go SDK writes a blank as a plus.
    await link(bucket, 'go', 'dir%2Fa+b%2Bc%26%281%29%E6%B5%8B%E8%AF%95.txt');
    expect((await done('GET', `/${bucket}/go`)).text).toBe('content');
    const missing = await send('PUT', `/${bucket}/l?symlink`);
    expect([missing.status, missing.code, missing.one('ArgumentName')]).toEqual([
      400,
      'InvalidArgument',
      'x-oss-symlink-target',
    ]);
    expect((await putLink(bucket, 'l', '')).code).toBe('InvalidArgument');
    for (const target of ['%', '%zz', '%FF'])
      expect((await putLink(bucket, 'l', target)).code, target).toBe('InvalidArgument');
    for (const target of ['%2Fabc', '%5Cabc', 'a'.repeat(1_024)]) {
      const answer = await putLink(bucket, 'l', target);
      expect([answer.status, answer.code], target.slice(0, 20)).toEqual([400, 'InvalidObjectName']);
    }
    expect((await putLink(bucket, 'l', 'a'.repeat(1_023))).status).toBe(200);
  });

  it('[PutSymlink-5] has an ETag of its own that stays', async () => {
    const bucket = await newBucket();
    const etag = `"${createHash('md5').update('oss.jpg').digest('hex').toUpperCase()}"`;
    expect((await putLink(bucket, 'link', 'oss.jpg')).header('etag')).toBe(etag);
    await put(bucket, 'oss.jpg', 'some content');
    expect((await done('GET', `/${bucket}/link?symlink`)).header('etag')).toBe(etag);
    expect((await done('GET', `/${bucket}`)).all('ETag')[0]).toBe(etag);
  });

  it('[PutSymlink-6] [PutSymlink-E1] [ObjCommon-31] takes Standard, IA and Archive, nothing colder', async () => {
    const bucket = await newBucket();
    await put(bucket, 'real');
    for (const storageClass of ['Standard', 'IA', 'Archive']) {
      await link(bucket, 'link', 'real', { 'x-oss-storage-class': storageClass });
      expect((await done('GET', `/${bucket}/link?symlink`)).header('x-oss-storage-class')).toBe(storageClass);
    }
    for (const storageClass of ['ColdArchive', 'DeepColdArchive', 'Cold Archive', 'ia', '']) {
      const answer = await putLink(bucket, 'link', 'real', { 'x-oss-storage-class': storageClass });
      expect([answer.status, answer.code], storageClass).toEqual([400, 'InvalidArgument']);
    }
  });

  it('[PutSymlink-6] [ObjCommon-33] stores x-oss-tagging on the link, with the codes of the header form', async () => {
    const bucket = await newBucket();
    await put(bucket, 'real', 'x', { 'x-oss-tagging': 'a=1&b=2' });
    await link(bucket, 'tagged', 'real', { 'x-oss-tagging': 'c=3' });
    await link(bucket, 'plain', 'real');
    expect((await done('GET', `/${bucket}/tagged?tagging`)).all('Key')).toEqual(['c']);
    expect((await done('GET', `/${bucket}/plain?tagging`)).all('Key')).toEqual([]);
    expect((await done('HEAD', `/${bucket}/tagged`)).header('x-oss-tagging-count')).toBe('1');
    expect((await done('HEAD', `/${bucket}/plain`)).header('x-oss-tagging-count')).toBeNull();
    const eleven = Array.from({ length: 11 }, (_, i) => `k${i}=1`).join('&');
    for (const [tagging, code] of [
      [eleven, 'BadRequest'],
      ['a=1&a=2', 'InvalidArgument'],
      ['a=%25', 'InvalidTag'],
    ] as const) {
      expect((await putLink(bucket, 'l', 'real', { 'x-oss-tagging': tagging })).code).toBe(code);
    }
  });

  it('[PutSymlink-7] [PutSymlink-E2] [ObjCommon-30] overwrites anything, unless that is forbidden', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'a real object');
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    const refused = await putLink(bucket, 'k', 'target', headers);
    expect([refused.status, refused.code]).toEqual([409, 'FileAlreadyExists']);
    await link(bucket, 'k', 'target');
    expect((await done('GET', `/${bucket}/k?symlink`)).header('x-oss-symlink-target')).toBe('target');
    await put(bucket, 'k', 'real again');
    expect((await done('GET', `/${bucket}/k`)).text).toBe('real again');
    await setVersioning(bucket, 'Enabled');
    await link(bucket, 'k', 'target', headers);
  });

  it('[PutSymlink-8] [GetBucket-20] is listed as a Symlink of no size', async () => {
    const bucket = await newVersionedBucket();
    await link(bucket, 'k', 'target');
    const list = await done('GET', `/${bucket}`);
    expect([list.one('Type'), list.one('Size'), list.all('ETag').length]).toEqual(['Symlink', '0', 1]);
    expect((await listVersions(bucket))[0]!.xml).toContain('<Type>Symlink</Type><Size>0</Size>');
  });

  it('[PutSymlink-9] [ObjCommon-1] is refused in a hierarchical bucket, as is GetSymlink', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await putLink(bucket, 'k', 'target')).code).toBe('OperationNotSupported');
    expect((await send('GET', `/${bucket}/k?symlink`)).code).toBe('OperationNotSupported');
  });

  it('[ObjCommon-26] [ObjCommon-27] needs the write permission of any upload', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    for (const as of ['anonymous', 'other', 'user'] as const) {
      expect((await putLink(bucket, 'k', 'target', {}, { as })).status, as).toBe(403);
    }
    for (const acl of ['everyone', '']) {
      expect((await putLink(bucket, 'k', 'target', { 'x-oss-object-acl': acl })).code).toBe('InvalidArgument');
    }
  });
});

describe('GetSymlink', () => {
  it('[GetSymlink-1] [GetSymlink-5] tells of the link alone, dangling or not', async () => {
    const bucket = await newBucket();
    await link(bucket, 'k', 'target', { 'content-type': 'text/x-link', 'x-oss-meta-a': 'of the link' });
    const before = await done('GET', `/${bucket}/k?symlink`);
    expect([before.status, before.text, before.header('content-length')]).toEqual([200, '', '0']);
    expect(before.header('x-oss-symlink-target')).toBe('target');
    expect([before.header('content-type'), before.header('x-oss-meta-a')]).toEqual(['text/x-link', 'of the link']);
    await later();
    await put(bucket, 'target', 'content');
    const after = await done('GET', `/${bucket}/k?symlink`);
    for (const name of ['etag', 'last-modified', 'x-oss-symlink-target'])
      expect(after.header(name)).toBe(before.header(name));
  });

  it('[GetSymlink-1] [ObjCommon-26] needs the permission to read the link, not the target', async () => {
    const bucket = await newBucket();
    await put(bucket, 'target', 'x');
    await link(bucket, 'open', 'target', { 'x-oss-object-acl': 'public-read' });
    await link(bucket, 'closed', 'target');
    expect((await send('GET', `/${bucket}/open?symlink`, { as: 'anonymous' })).status).toBe(200);
    expect((await send('GET', `/${bucket}/closed?symlink`, { as: 'anonymous' })).status).toBe(403);
    expect((await send('GET', `/${bucket}/missing?symlink`, { as: 'anonymous' })).status).toBe(403);
  });

  it('[GetSymlink-2] encodes the target again, but for its slashes, as SDKs do not all decode it', async () => {
    const bucket = await newBucket();
    const target = 'dir/a b+c&测试\r\nx-injected: 1';
    await link(bucket, 'k', encodeURIComponent(target));
    const answer = await done('GET', `/${bucket}/k?symlink`);
    expect(decodeURIComponent(answer.header('x-oss-symlink-target')!)).toBe(target);
    expect(answer.header('x-oss-symlink-target')).toBe(target.split('/').map(encodeURIComponent).join('/'));
    expect(answer.header('x-injected')).toBeNull();
  });

  it('[GetSymlink-3] [GetSymlink-E2] [GetSymlink-E1] tells what is no link from what is not there', async () => {
    const bucket = await newBucket();
    await put(bucket, 'real');
    const real = await send('GET', `/${bucket}/real?symlink`);
    expect([real.status, real.code]).toEqual([400, 'NotSymlink']);
    const missing = await send('GET', `/${bucket}/missing?symlink`);
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey']);
  });

  it('[GetSymlink-4] [PutSymlink-4] reads any version of a link; a marker has no target', async () => {
    const bucket = await newVersionedBucket();
    const one = await link(bucket, 'k', 'one');
    const two = await link(bucket, 'k', 'two');
    const target = async (query: string) => {
      const answer = await done('GET', `/${bucket}/k?symlink${query}`);
      return [answer.header('x-oss-symlink-target'), answer.header('x-oss-version-id')];
    };
    expect(await target('')).toEqual(['two', two]);
    expect(await target(`&versionId=${one}`)).toEqual(['one', one]);
    const marker = await mark(bucket, 'k');
    const hidden = await send('GET', `/${bucket}/k?symlink`);
    expect([hidden.status, hidden.header('x-oss-delete-marker'), hidden.header('x-oss-version-id')]).toEqual([
      404,
      'true',
      marker,
    ]);
    expect(hidden.header('x-oss-symlink-target')).toBeNull();
    expect((await listVersions(bucket)).map(brief)).toEqual([`k@${marker}!*`, `k@${two}`, `k@${one}`]);
  });
});

describe('reading through a link', () => {
  it('[GetObject-20] [HeadObject-3] [HeadObject-9] takes bytes, length, ETag and MD5 of the target, the rest of the link', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'target', 'the content', {
      'content-type': 'text/x-target',
      'cache-control': 'max-age=1',
      'x-oss-meta-target': 'yes',
      'x-oss-storage-class': 'IA',
      'x-oss-tagging': 'a=1&b=2',
    });
    const id = await link(bucket, 'k', 'target', {
      'content-type': 'text/x-link',
      'content-disposition': 'attachment',
      'x-oss-meta-link': 'yes',
      'x-oss-storage-class': 'Standard',
    });
    const target = await done('GET', `/${bucket}/target`);
    for (const method of ['GET', 'HEAD']) {
      const read = await done(method, `/${bucket}/k`);
      for (const name of ['etag', 'content-md5', 'content-length']) {
        expect(read.header(name), `${method} ${name}`).toBe(target.header(name));
      }
      expect(
        Object.fromEntries(
          [
            'content-type',
            'content-disposition',
            'cache-control',
            'x-oss-meta-link',
            'x-oss-meta-target',
            'x-oss-object-type',
            'x-oss-version-id',
            'x-oss-hash-crc64ecma',
            'x-oss-tagging-count',
            'x-oss-storage-class',
          ].map((name) => [name, read.header(name)]),
        ),
        method,
      ).toEqual({
        'content-type': 'text/x-link',
        'content-disposition': 'attachment',
        'cache-control': null,
        'x-oss-meta-link': 'yes',
        'x-oss-meta-target': null,
        'x-oss-object-type': 'Symlink',
        'x-oss-version-id': id,
        'x-oss-hash-crc64ecma': null,
        'x-oss-tagging-count': null,
        'x-oss-storage-class': method === 'HEAD' ? 'IA' : 'Standard',
      });
    }
    expect((await done('GET', `/${bucket}/k`)).text).toBe('the content');
    const range = await done('GET', `/${bucket}/k`, { headers: { range: 'bytes=4-' } });
    expect([range.status, range.text, range.header('content-range')]).toEqual([206, 'content', 'bytes 4-10/11']);
  });

  it('[GetObject-20] shows the later of both times, and judges conditions by what it shows', async () => {
    const bucket = await newBucket();
    await put(bucket, 'target', 'old');
    await later();
    await link(bucket, 'k', 'target');
    const modified = async (path: string) => (await done('HEAD', `/${bucket}/${path}`)).header('last-modified')!;
    const ofLink = await modified('k?objectMeta');
    expect(Date.parse(ofLink)).toBeGreaterThan(Date.parse(await modified('target')));
    expect(await modified('k')).toBe(ofLink);
    await later();
    await put(bucket, 'target', 'new');
    const ofTarget = await modified('target');
    expect(await modified('k')).toBe(ofTarget);
    const { headers } = await done('GET', `/${bucket}/target`);
    const etag = headers.get('etag')!;
    const unchanged = await send('GET', `/${bucket}/k`, { headers: { 'if-none-match': etag } });
    expect([unchanged.status, unchanged.header('etag')]).toEqual([304, etag]);
    expect((await send('GET', `/${bucket}/k`, { headers: { 'if-match': '"0"' } })).status).toBe(412);
    expect((await send('HEAD', `/${bucket}/k`, { headers: { 'if-modified-since': ofTarget } })).status).toBe(304);
    expect((await send('HEAD', `/${bucket}/k`, { headers: { 'if-unmodified-since': ofLink } })).status).toBe(412);
  });

  it('[GetObject-20] sends no MD5 where the target has none, and no append position', async () => {
    const bucket = await newBucket();
    await done('POST', `/${bucket}/log?append&position=0`, { body: 'abc' });
    await link(bucket, 'k', 'log');
    const read = await done('GET', `/${bucket}/k`);
    expect([read.text, read.header('x-oss-object-type')]).toEqual(['abc', 'Symlink']);
    expect([read.header('content-md5'), read.header('x-oss-next-append-position')]).toEqual([null, null]);
  });

  it('[GetObject-20] reads large targets and empty ones', async () => {
    const bucket = await newBucket();
    const large = new Uint8Array(300_000).map((_, i) => (i * 7) & 0xff);
    await done('PUT', `/${bucket}/large`, { body: large });
    await put(bucket, 'empty', '');
    await link(bucket, 'to-large', 'large');
    await link(bucket, 'to-empty', 'empty');
    expect(md5((await done('GET', `/${bucket}/to-large`)).bytes)).toBe(md5(large));
    const empty = await done('GET', `/${bucket}/to-empty`);
    expect([empty.text, empty.header('content-length')]).toEqual(['', '0']);
  });

  it('[GetObject-21] [PutSymlink-4] follows to the current version of the target at the time of reading', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'one', 'one');
    await putVersion(bucket, 'two', 'two, old');
    const first = await link(bucket, 'k', 'one');
    const second = await link(bucket, 'k', 'two');
    await putVersion(bucket, 'two', 'two, new');
    const read = async (query: string) => {
      const answer = await done('GET', `/${bucket}/k${query}`);
      return [answer.text, answer.header('x-oss-version-id')];
    };
    expect(await read('')).toEqual(['two, new', second]);
    expect(await read(`?versionId=${first}`)).toEqual(['one', first]);
  });

  it('[GetObject-21] [GetObject-E2] [HeadObject-E3] [HeadObject-16] answers 404 where the target is gone, or hidden by a marker', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'target', 'x');
    await link(bucket, 'k', 'target');
    await link(bucket, 'dangling', 'nowhere');
    await mark(bucket, 'target');
    for (const key of ['k', 'dangling']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(method, `/${bucket}/${key}`);
        expect([answer.status, answer.code], `${method} ${key}`).toEqual([404, 'SymlinkTargetNotExist']);
        expect(answer.header('x-oss-delete-marker')).toBeNull();
      }
    }
  });

  it('[GetObjectMeta-2] [GetObjectMeta-1] tells of the link itself, dangling or not', async () => {
    const bucket = await newBucket();
    await link(bucket, 'k', 'nowhere', { 'x-oss-meta-a': 'a' });
    const { headers } = await done('GET', `/${bucket}/k?symlink`);
    const meta = await done('HEAD', `/${bucket}/k?objectMeta`);
    expect([meta.status, meta.header('content-length')]).toEqual([200, '0']);
    expect(meta.header('etag')).toBe(headers.get('etag'));
    expect(meta.header('last-modified')).toBe(headers.get('last-modified'));
    for (const name of ['x-oss-hash-crc64ecma', 'x-oss-meta-a', 'x-oss-object-type'])
      expect(meta.header(name)).toBeNull();
  });

  it('[GetObject-22] [PutObjectACL-7] [Sec-16] wants both the link and the target to be open', async () => {
    const bucket = await newBucket();
    for (const [name, acl] of [
      ['open', 'public-read'],
      ['closed', 'private'],
    ] as const) {
      await put(bucket, name, name, { 'x-oss-object-acl': acl });
      await link(bucket, `open-to-${name}`, name, { 'x-oss-object-acl': 'public-read' });
      await link(bucket, `closed-to-${name}`, name, { 'x-oss-object-acl': 'private' });
    }
    await link(bucket, 'open-to-nothing', 'nowhere', { 'x-oss-object-acl': 'public-read' });
    for (const method of ['GET', 'HEAD']) {
      const status = async (key: string) => (await send(method, `/${bucket}/${key}`, { as: 'anonymous' })).status;
      expect(await status('open-to-open')).toBe(200);
      expect(await status('closed-to-open')).toBe(403);
      expect(await status('open-to-closed')).toBe(403);
      // Who may not read the target does not learn that it is missing.
      expect(await status('open-to-nothing')).toBe(403);
    }
    await done('PUT', `/${bucket}/open-to-open?acl`, { headers: { 'x-oss-object-acl': 'private' } });
    expect((await done('GET', `/${bucket}/open?acl`)).one('Grant')).toBe('public-read');
    expect((await send('GET', `/${bucket}/open-to-open`, { as: 'anonymous' })).status).toBe(403);
    expect((await send('GET', `/${bucket}/open`, { as: 'anonymous' })).status).toBe(200);
  });

  it('[GetObject-23] [GetObject-24] [GetObject-E4] [HeadObject-4] refuses the content of an archived target, not of an archived link', async () => {
    const bucket = await newBucket();
    await put(bucket, 'frozen', 'x', { 'x-oss-storage-class': 'ColdArchive' });
    await put(bucket, 'warm', 'x');
    await link(bucket, 'to-frozen', 'frozen');
    await link(bucket, 'to-warm', 'warm', { 'x-oss-storage-class': 'Archive' });
    for (const key of ['frozen', 'to-frozen']) {
      const answer = await send('GET', `/${bucket}/${key}`);
      expect([answer.status, answer.code], key).toEqual([403, 'InvalidObjectState']);
      expect(answer.one('Message')).toBe("The operation is not valid for the object's state");
    }
    expect((await send('HEAD', `/${bucket}/to-frozen`)).status).toBe(200);
    expect((await done('GET', `/${bucket}/to-warm`)).text).toBe('x');
  });

  it('[GetObject-20] leads website visitors to the pages behind it', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await put(bucket, 'page', 'the page');
    await link(bucket, 'index.html', 'page', { 'content-type': 'text/html' });
    await link(bucket, 'error.html', 'page', { 'content-type': 'text/html' });
    const body = `<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>
      <ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>`;
    await done('PUT', `/${bucket}?website`, { body });
    for (const [path, status] of [
      ['', 200],
      ['missing', 404],
    ] as const) {
      const answer = await send('GET', `/${bucket}/${path}`, { as: 'anonymous', virtual: true });
      expect([answer.status, answer.text, answer.header('content-type')]).toEqual([status, 'the page', 'text/html']);
    }
  });

  it('[DeleteObject-8] deletes the link, never the target', async () => {
    const bucket = await newBucket();
    await put(bucket, 'target');
    await link(bucket, 'k', 'target');
    await done('DELETE', `/${bucket}/k`);
    expect((await done('GET', `/${bucket}/target`)).text).toBe('target');
    expect((await send('GET', `/${bucket}/k?symlink`)).code).toBe('NoSuchKey');
  });

  it('[ObjCommon-13] [PutObjectTagging-8] has tags and versions of its own', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'target', 'x', { 'x-oss-tagging': 't=1' });
    const id = await link(bucket, 'k', 'target');
    await done('PUT', `/${bucket}/k?tagging`, {
      body: '<Tagging><TagSet><Tag><Key>l</Key><Value>1</Value></Tag></TagSet></Tagging>',
    });
    await putVersion(bucket, 'k', 'a real object now');
    expect((await done('GET', `/${bucket}/k?tagging&versionId=${id}`)).all('Key')).toEqual(['l']);
    expect((await done('GET', `/${bucket}/target?tagging`)).all('Key')).toEqual(['t']);
    expect((await done('GET', `/${bucket}/k?versionId=${id}`)).text).toBe('x');
  });
});
