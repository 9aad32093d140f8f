import { describe, expect, it } from 'vitest';
import { DAY, stopClock } from '../support/clock.ts';
import { newBucket, send } from '../support/wire.ts';
import { inTheWay, makeDirectory, names, newTree, put, removeDirectory, rename, result } from './support.ts';

const badName = [400, 'InvalidObjectName'];

describe('CreateDirectory', () => {
  it('[CreateDirectory-1] [CreateDirectory-7] makes a directory once, and keeps its date', async () => {
    const moveOn = stopClock();
    const bucket = await newTree();
    const first = await makeDirectory(bucket, 'a');
    expect([first.status, first.text, first.header('content-length')]).toEqual([200, '', '0']);
    expect(first.header('last-modified')).toBe(new Date().toUTCString());
    moveOn(DAY);
    await put(bucket, 'a/b');
    const second = await makeDirectory(bucket, 'a');
    expect([second.status, second.header('last-modified')]).toEqual([200, first.header('last-modified')]);
    expect(await names(bucket)).toEqual(['a/', 'a/b']);
  });

  it('[CreateDirectory-2] [CreateDirectory-E2] does not take the name of an object', async () => {
    const bucket = await newTree();
    await put(bucket, 'desktop/osstest');
    expect(result(await makeDirectory(bucket, 'desktop/osstest'))).toEqual(inTheWay);
    expect(result(await makeDirectory(bucket, 'desktop/osstest/'))).toEqual(inTheWay);
    expect((await send('GET', `/${bucket}/desktop/osstest`)).text).toBe('desktop/osstest');
  });

  it('[CreateDirectory-3] takes no content, and its type is fixed', async () => {
    const bucket = await newTree();
    expect(result(await makeDirectory(bucket, 'a', { body: 'content' }))).toEqual([400, 'InvalidArgument']);
    const stream = new Blob(['content']).stream();
    expect(result(await makeDirectory(bucket, 'a', { body: stream }))).toEqual([400, 'InvalidArgument']);
    expect(await names(bucket)).toEqual([]);
    const headers = { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' };
    expect(result(await makeDirectory(bucket, 'a', { headers, body: '' }))).toEqual([200]);
    const head = await send('HEAD', `/${bucket}/a`);
    expect([head.header('content-type'), head.header('x-oss-meta-a')]).toEqual(['application/x-directory', null]);
  });

  it('[CreateDirectory-4] takes a slash at the end and no empty names', async () => {
    const bucket = await newTree();
    expect(result(await makeDirectory(bucket, 'a/b/'))).toEqual([200]);
    for (const path of ['a//b', 'a//', 'a/b//c/', '%2Fa', 'x'.repeat(1_023)]) {
      expect(result(await makeDirectory(bucket, path)), path).toEqual(badName);
    }
    expect(result(await makeDirectory(bucket, 'x'.repeat(1_022)))).toEqual([200]);
    expect(await names(bucket)).toEqual(['a/', 'a/b/', `${'x'.repeat(1_022)}/`]);
  });

  it('[CreateDirectory-5] [CreateDirectory-E1] needs the permission to put', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'there');
    for (const path of ['a', 'there']) {
      for (const as of ['anonymous', 'other', 'reader'] as const) {
        expect(result(await makeDirectory(bucket, path, { as })), `${as} ${path}`).toEqual([403, 'AccessDenied']);
      }
    }
    const open = await newTree({ acl: 'public-read-write' });
    expect(result(await makeDirectory(open, 'a', { as: 'other' }))).toEqual([200]);
    // An object's own ACL may keep its name ([ObjCommon-26]).
    await put(open, 'b', { headers: { 'x-oss-object-acl': 'private' } });
    expect(result(await makeDirectory(open, 'b', { as: 'other' }))).toEqual([403, 'AccessDenied']);
    expect(result(await makeDirectory(open, 'c', { as: 'other' }))).toEqual([200]);
  });

  it('[CreateDirectory-6] makes what is missing above, and not where an object is', async () => {
    const bucket = await newTree();
    expect(result(await makeDirectory(bucket, 'a/b/c'))).toEqual([200]);
    expect(await names(bucket)).toEqual(['a/', 'a/b/', 'a/b/c/']);
    await put(bucket, 'a/file');
    expect(result(await makeDirectory(bucket, 'a/file/d/e'))).toEqual(inTheWay);
    expect(await names(bucket)).toEqual(['a/', 'a/b/', 'a/b/c/', 'a/file']);
  });

  it('[CreateDirectory-8] [ObjCommon-1] is, as all about directories, not for flat buckets', async () => {
    const bucket = await newBucket();
    await put(bucket, 'a');
    for (const answer of [
      await makeDirectory(bucket, 'd'),
      await rename(bucket, 'a', 'b'),
      await removeDirectory(bucket, 'a'),
    ]) {
      expect(result(answer)).toEqual([403, 'AccessDenied']);
      expect(answer.one('Message')).toBe('Hierarchical namespace is disabled.');
    }
    expect(await names(bucket)).toEqual(['a']);
  });
});

describe('a directory', () => {
  it('[GetObject-25] [GetObject-6] [ObjCommon-2] reads as nothing, with or without a slash', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a/b');
    for (const path of ['a', 'a/', 'a/b', 'a/b/']) {
      for (const headers of [{}, { range: 'bytes=0-5' }, { range: 'bytes=-0', 'x-oss-range-behavior': 'standard' }]) {
        const answer = await send('GET', `/${bucket}/${path}?response-content-type=text%2Fhtml`, { headers });
        expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
        expect(answer.header('etag')).toBe('"null"');
        expect(answer.header('content-type')).toBe('application/x-directory');
        expect(answer.header('x-oss-object-type')).toBe('Normal');
        for (const name of ['content-md5', 'content-range', 'x-oss-hash-crc64ecma']) {
          expect(answer.header(name)).toBeNull();
        }
      }
    }
  });

  it('[HeadObject-15] [GetObjectMeta-8] describes itself', async () => {
    const bucket = await newTree();
    const made = await makeDirectory(bucket, 'a');
    const head = await send('HEAD', `/${bucket}/a`);
    expect(head.status).toBe(200);
    expect(
      [
        'etag',
        'content-type',
        'content-length',
        'x-oss-object-type',
        'x-oss-storage-class',
        'last-modified',
        'content-md5',
      ].map((name) => head.header(name)),
    ).toEqual(['"null"', 'application/x-directory', '0', 'Normal', 'Standard', made.header('last-modified'), null]);
    const meta = await send('HEAD', `/${bucket}/a?objectMeta`);
    expect([meta.status, meta.header('etag'), meta.header('content-length')]).toEqual([200, '"null"', '0']);
  });

  it('[PutObject-15] [PutObject-E10] keeps its name', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a');
    for (const path of ['a', 'a/']) {
      expect(result(await put(bucket, path)), path).toEqual(inTheWay);
      expect(result(await put(bucket, path, { body: '' })), path).toEqual(inTheWay);
    }
    expect(await names(bucket)).toEqual(['a/']);
  });

  it('[DeleteObject-9] [DeleteObject-E2] is not deleted as an object', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a');
    for (const path of ['a', 'a/', 'a?versionId=null']) {
      expect(result(await send('DELETE', `/${bucket}/${path}`)), path).toEqual(inTheWay);
    }
    expect(result(await send('DELETE', `/${bucket}/none`))).toEqual([204]);
    expect(result(await send('DELETE', `/${bucket}/none/`))).toEqual([204]);
    expect(await names(bucket)).toEqual(['a/']);
  });

  it('[PutObjectACL-9] [PutObjectACL-E3] [GetObjectACL-5] [GetObjectACL-E2] has no ACL', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a');
    const headers = { 'x-oss-object-acl': 'public-read' };
    expect(result(await send('PUT', `/${bucket}/a?acl`, { headers }))).toEqual(inTheWay);
    const read = await send('GET', `/${bucket}/a?acl`);
    expect(result(read)).toEqual(inTheWay);
    expect(read.one('Message')).toBe('The object you specified already exists and is a directory.');
    expect(result(await send('GET', `/${bucket}/a`, { as: 'anonymous' }))).toEqual([403, 'AccessDenied']);
  });

  it('[DeleteBucket-2] counts as content', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a');
    expect(result(await send('DELETE', `/${bucket}`))).toEqual([409, 'BucketNotEmpty']);
    await removeDirectory(bucket, 'a');
    expect(result(await send('DELETE', `/${bucket}`))).toEqual([204]);
  });

  it('[GetBucketStat-3] is no object', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/b/c');
    const stat = await send('GET', `/${bucket}?stat`);
    expect([stat.one('ObjectCount'), stat.one('Storage')]).toEqual(['1', '5']);
  });
});

describe('PutObject in a hierarchical namespace', () => {
  it('makes the directories above an object, once', async () => {
    const bucket = await newTree();
    await Promise.all(['a/b/1', 'a/b/2', 'a/c/3', '4'].map((key) => put(bucket, key)));
    expect(await names(bucket)).toEqual(['4', 'a/', 'a/b/', 'a/b/1', 'a/b/2', 'a/c/', 'a/c/3']);
    expect((await send('HEAD', `/${bucket}/a/b`)).header('content-type')).toBe('application/x-directory');
    await send('DELETE', `/${bucket}/a/c/3`);
    expect(await names(bucket)).toContain('a/c/');
  });

  it('finds an object where a directory should be', async () => {
    const bucket = await newTree();
    await put(bucket, 'a');
    for (const key of ['a/b', 'a/b/c', 'a/']) {
      expect(result(await put(bucket, key, { body: key === 'a/' ? '' : key })), key).toEqual(inTheWay);
    }
    expect(await names(bucket)).toEqual(['a']);
    expect(result(await put(bucket, 'a', { body: 'again' }))).toEqual([200]);
  });

  it('makes a directory of an empty object whose name ends in a slash, as many clients do', async () => {
    const bucket = await newTree();
    expect(result(await put(bucket, 'a/b/', { body: '' }))).toEqual([200]);
    expect((await send('HEAD', `/${bucket}/a/b`)).header('content-type')).toBe('application/x-directory');
    for (const key of ['c/', 'c//d', '//']) {
      expect(result(await put(bucket, key)), key).toEqual(badName);
    }
    expect(result(await put(bucket, 'c//', { body: '' }))).toEqual(badName);
    expect(await names(bucket)).toEqual(['a/', 'a/b/']);
  });

  it('bears the deepest of trees', async () => {
    const bucket = await newTree();
    const key = `${'d/'.repeat(511)}f`;
    expect(result(await put(bucket, key))).toEqual([200]);
    expect((await names(bucket)).length).toBe(512);
    expect((await send('GET', `/${bucket}/${key}`)).text).toBe(key);
  });
});

describe('listing a hierarchical namespace', () => {
  it('[GetBucket-10] gives directories by name, and with a delimiter as common prefixes', async () => {
    const bucket = await newTree();
    for (const key of ['fun/test.jpg', 'fun/movie/001.avi', 'fun/movie/007.avi', 'top']) await put(bucket, key);
    await makeDirectory(bucket, 'fun/empty');
    const all = await send('GET', `/${bucket}?prefix=fun/`);
    expect(all.all('Key')).toEqual([
      'fun/',
      'fun/empty/',
      'fun/movie/',
      'fun/movie/001.avi',
      'fun/movie/007.avi',
      'fun/test.jpg',
    ]);
    expect(all.text).toMatch(
      /<Key>fun\/empty\/<\/Key><LastModified>[^<]*<\/LastModified><ETag>"null"<\/ETag><Type>Normal<\/Type><Size>0<\/Size><StorageClass>Standard<\/StorageClass>/,
    );
    const level = await send('GET', `/${bucket}?list-type=2&prefix=fun/&delimiter=/`);
    expect(level.all('Key')).toEqual(['fun/', 'fun/test.jpg']);
    expect(level.all('Prefix')).toEqual(['fun/', 'fun/empty/', 'fun/movie/']);
    const root = await send('GET', `/${bucket}?delimiter=/`);
    expect([root.all('Key'), root.all('Prefix').filter((name) => name !== '')]).toEqual([['top'], ['fun/']]);
  });

  it('[GetBucket-8] goes on behind a directory', async () => {
    const bucket = await newTree();
    for (const key of ['a/1', 'b/2', 'c']) await put(bucket, key);
    const seen: string[] = [];
    let marker = '';
    for (let page = 0; page < 9; page++) {
      const answer = await send('GET', `/${bucket}?max-keys=1&marker=${encodeURIComponent(marker)}`);
      seen.push(...answer.all('Key'));
      if (answer.one('IsTruncated') === 'false') break;
      marker = answer.one('NextMarker')!;
    }
    expect(seen).toEqual(['a/', 'a/1', 'b/', 'b/2', 'c']);
  });
});
