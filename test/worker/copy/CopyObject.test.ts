import { beforeAll, describe, expect, it } from 'vitest';
import { putContent, query, shardOfKey } from '../support/index.ts';
import { bytesOf, joined, md5, PART, uploadParts } from '../support/multipart.ts';
import { type Answer, configure, expectRefusal, newBucket, send, shardedBucket } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

function copy(to: string, from: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send('PUT', to, { headers: { 'x-oss-copy-source': from, ...headers } });
}

describe('CopyObject', () => {
  it('[CopyObject-24] answers in the documented shape', async () => {
    await send('PUT', `/${bucket}/shape`, { body: '1' });
    const answer = await copy(`/${bucket}/shape-copy`, `/${bucket}/shape`);
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.header('etag')).toBe('"C4CA4238A0B923820DCC509A6F75849B"');
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult><ETag>"C4CA4238A0B923820DCC509A6F75849B"</ETag>' +
        `<LastModified>${answer.one('LastModified')}</LastModified></CopyObjectResult>`,
    );
    expect(answer.one('LastModified')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const head = await send('HEAD', `/${bucket}/shape-copy`);
    expect(Date.parse(answer.one('LastModified')!)).toBe(Date.parse(head.header('last-modified')!));
    expect(answer.header('x-oss-copy-source-version-id')).toBeNull();
    expect(answer.header('x-oss-version-id')).toBeNull();
  });

  it.each([
    ['an empty object', 0],
    ['an object that lives in the index', 100],
    ['an object of one blob', 5_000],
  ])('[CopyObject-23] copies %s, with its MD5 and CRC-64', async (_, size) => {
    const body = bytesOf(size);
    const put = await send('PUT', `/${bucket}/normal-${size}`, { body });
    const answer = await copy(`/${bucket}/copy-${size}`, `/${bucket}/normal-${size}`);
    expect(answer.header('etag')).toBe(`"${md5(body)}"`);
    expect(answer.header('x-oss-hash-crc64ecma')).toBe(put.header('x-oss-hash-crc64ecma'));
    await send('DELETE', `/${bucket}/normal-${size}`);
    const got = await send('GET', `/${bucket}/copy-${size}`);
    expect(got.bytes).toEqual(body);
    expect(got.header('x-oss-object-type')).toBe('Normal');
    expect(got.header('content-md5')).toBe(put.header('content-md5'));
  });

  it('[CopyObject-23] keeps ETag and type of an upload in parts', async () => {
    const contents = [bytesOf(PART, 1), bytesOf(7, 2)];
    const done = await uploadParts(`/${bucket}/parts`, contents);
    const answer = await copy(`/${bucket}/parts-copy`, `/${bucket}/parts`);
    expect(answer.header('etag')).toBe(done.header('etag'));
    expect(answer.header('x-oss-hash-crc64ecma')).toBe(done.header('x-oss-hash-crc64ecma'));
    const got = await send('GET', `/${bucket}/parts-copy`);
    expect(got.bytes).toEqual(joined(...contents));
    expect(got.header('x-oss-object-type')).toBe('Multipart');
  });

  it('[CopyObject-1] decodes the key once, also where it looks like a version', async () => {
    const key = 'a b+c%2F?versionId=null';
    await send('PUT', `/${bucket}/${encodeURIComponent(key)}`, { body: 'odd' });
    const answer = await copy(`/${bucket}/odd`, `/${bucket}/${encodeURIComponent(key)}`);
    expect(answer.status, answer.text).toBe(200);
    expect((await send('GET', `/${bucket}/odd`)).text).toBe('odd');
  });

  it('[CopyObject-1] [CopyObject-2] [CopyObject-3] [CopyObject-4] [CopyObject-E4] copies versions', async () => {
    const versioned = await newBucket();
    const path = `/${versioned}/k`;
    await send('PUT', path, { body: 'zero' });
    await configure(versioned, { versioning: 'Enabled' });
    const one = (await send('PUT', path, { body: 'one' })).header('x-oss-version-id')!;
    const two = (await send('PUT', path, { body: 'two' })).header('x-oss-version-id')!;

    const current = await copy(`/${versioned}/current`, path);
    expect(current.header('x-oss-copy-source-version-id')).toBe(two);
    expect(current.header('x-oss-version-id')).toHaveLength(64);
    expect(current.header('x-oss-version-id')).not.toBe(two);
    const older = await copy(`/${versioned}/older`, `${path}?versionId=${one}`);
    expect(older.header('x-oss-copy-source-version-id')).toBe(one);
    expect((await send('GET', `/${versioned}/older`)).text).toBe('one');
    expect((await copy(`/${versioned}/null`, `${path}?versionId=null`)).status).toBe(200);
    expect((await send('GET', `/${versioned}/null`)).text).toBe('zero');

    // An older version is restored by copying it onto its own key.
    const restored = await copy(path, `${path}?versionId=${one}`);
    expect(restored.status).toBe(200);
    expect((await send('GET', path)).text).toBe('one');
    expect((await send('GET', `${path}?versionId=${two}`)).text).toBe('two');
    expect(restored.header('x-oss-version-id')).not.toBe(one);

    const marker = (await send('DELETE', path)).header('x-oss-version-id')!;
    const gone = await copy(`/${versioned}/x`, path);
    expectRefusal(gone, 404, 'NoSuchKey');
    expectRefusal(await copy(`/${versioned}/x`, `${path}?versionId=${marker}`), 404, 'NoSuchKey');
    const unknown = `CAEQ${'0'.repeat(60)}`;
    expectRefusal(await copy(`/${versioned}/x`, `${path}?versionId=${unknown}`), 404, 'NoSuchVersion');
    expectRefusal(await copy(`/${versioned}/x`, `/${versioned}/never`), 404, 'NoSuchKey');
    expect((await send('HEAD', `/${versioned}/x`)).status).toBe(404);
    expect((await copy(path, `${path}?versionId=${two}`)).status).toBe(200);
    expect((await send('GET', path)).text).toBe('two');
  });

  it('[CopyObject-5] writes the null version where versioning is suspended', async () => {
    const suspended = await newBucket();
    await send('PUT', `/${suspended}/k`, { body: 'null version' });
    await configure(suspended, { versioning: 'Suspended' });
    const answer = await copy(`/${suspended}/k`, `/${bucket}/shape`);
    expect(answer.header('x-oss-version-id')).toBe('null');
    // The source's bucket has no versions.
    expect(answer.header('x-oss-copy-source-version-id')).toBeNull();
    expect((await send('GET', `/${suspended}/k?versionId=null`)).text).toBe('1');
  });

  it('[CopyObject-7] [CopyObject-21] copies between buckets, of any number of shards', async () => {
    const other = await shardedBucket(4);
    const body = bytesOf(20_000);
    await send('PUT', `/${bucket}/between`, { body });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      expect((await copy(`/${other}/${key}`, `/${bucket}/between`)).status).toBe(200);
      expect((await copy(`/${bucket}/back-${key}`, `/${other}/${key}`)).status).toBe(200);
      expect((await send('GET', `/${bucket}/back-${key}`)).bytes).toEqual(body);
    }
    expectRefusal(await copy(`/${bucket}/x`, '/no-such-bucket-to-copy-from/k'), 404, 'NoSuchBucket');
    expectRefusal(await copy('/no-such-bucket-to-copy-to/x', `/${bucket}/between`), 404, 'NoSuchBucket');
  });

  it('[CopyObject-8] copies a link as a link, whatever it leads to', async () => {
    await putContent(bucket, 'link', { kind: 'Symlink', link: 'nowhere', meta: { headers: {}, user: { a: '1' } } });
    expect((await copy(`/${bucket}/link-copy`, `/${bucket}/link`)).status).toBe(200);
    const shard = await shardOfKey(bucket, 'link-copy');
    const rows = await query(shard, "SELECT kind, link, meta, segments FROM version WHERE key = 'link-copy'");
    expect(rows).toEqual([
      { kind: 'Symlink', link: 'nowhere', meta: '{"headers":{},"user":{"a":"1"}}', segments: '[]' },
    ]);
  });

  it('[CopyObject-8] copies a link that leads where the old one leads, with its ETag, and goes on without it', async () => {
    const headers = { 'x-oss-symlink-target': 'a%20target', 'x-oss-meta-a': '1', 'x-oss-tagging': 't=1' };
    const made = await send('PUT', `/${bucket}/old-link?symlink`, { headers });
    // Whatever the target is: missing now, archived later.
    const answer = await copy(`/${bucket}/new-link`, `/${bucket}/old-link`);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.header('etag')).toBe(made.header('etag'));
    expect(answer.header('x-oss-hash-crc64ecma')).toBeNull();
    await send('DELETE', `/${bucket}/old-link`);
    const shown = await send('GET', `/${bucket}/new-link?symlink`);
    expect([shown.header('x-oss-symlink-target'), shown.header('x-oss-meta-a')]).toEqual(['a%20target', '1']);
    expect((await send('GET', `/${bucket}/new-link?tagging`)).all('Key')).toEqual(['t']);
    await send('PUT', `/${bucket}/a%20target`, { body: 'frozen', headers: { 'x-oss-storage-class': 'Archive' } });
    expect((await copy(`/${bucket}/newest-link`, `/${bucket}/new-link`)).status).toBe(200);
    expect((await send('GET', `/${bucket}/newest-link`)).code).toBe('InvalidObjectState');
    await send('PUT', `/${bucket}/a%20target`, { body: 'content' });
    for (const key of ['new-link', 'newest-link']) {
      const read = await send('GET', `/${bucket}/${key}`);
      expect([read.text, read.header('x-oss-object-type')]).toEqual(['content', 'Symlink']);
    }
  });

  it('[CopyObject-9] refuses the bytes of an archived object, and lets its metadata be edited', async () => {
    const path = `/${bucket}/archived`;
    await send('PUT', path, { body: 'frozen', headers: { 'x-oss-storage-class': 'Archive' } });
    expectRefusal(await copy(`/${bucket}/thawed`, path), 403, 'InvalidObjectState');
    expectRefusal(await copy(path, path, { 'x-oss-storage-class': 'Standard' }), 403, 'InvalidObjectState');
    const edited = await copy(path, path, { 'x-oss-meta-a': '1', 'x-oss-metadata-directive': 'REPLACE' });
    expect(edited.status, edited.text).toBe(200);
    const head = await send('HEAD', path);
    expect(head.header('x-oss-meta-a')).toBe('1');
    expect(head.header('x-oss-storage-class')).toBe('Archive');
    const shard = await shardOfKey(bucket, 'archived');
    const restored = JSON.stringify({ requested: 0, ready: 0, expires: Date.now() + 1e9, tier: 'Standard' });
    await query(shard, "UPDATE version SET restore = ? WHERE key = 'archived' RETURNING 1", restored);
    // Editing an object that is restored does not freeze it again.
    expect((await copy(path, path, { 'x-oss-meta-a': '2' })).status).toBe(200);
    expect((await copy(`/${bucket}/thawed`, path)).status).toBe(200);
    expect((await send('HEAD', `/${bucket}/thawed`)).header('x-oss-storage-class')).toBe('Standard');
  });

  describe('conditions', () => {
    let etag: string;
    let modified: string;
    const before = 'Mon, 11 May 2020 08:16:23 GMT';

    beforeAll(async () => {
      await send('PUT', `/${bucket}/conditional`, { body: 'x' });
      const head = await send('HEAD', `/${bucket}/conditional`);
      etag = head.header('etag')!;
      modified = head.header('last-modified')!;
    });

    const when = (name: string, value: string) =>
      copy(`/${bucket}/conditional-copy`, `/${bucket}/conditional`, { [`x-oss-copy-source-${name}`]: value });

    it('[CopyObject-11] [CopyObject-E2] answers 412 where the source is another one, or newer', async () => {
      expectRefusal(await when('if-match', md5('y')), 412, 'PreconditionFailed');
      expectRefusal(await when('if-unmodified-since', before), 412, 'PreconditionFailed');
      expect((await when('if-match', etag)).status).toBe(200);
      expect((await when('if-match', etag.replaceAll('"', '').toLowerCase())).status).toBe(200);
      expect((await when('if-unmodified-since', modified)).status).toBe(200);
    });

    it('[CopyObject-11] [CopyObject-E3] answers 304 where the source is the known one', async () => {
      for (const answer of [await when('if-none-match', etag), await when('if-modified-since', modified)]) {
        expect(answer.status).toBe(304);
        expect(answer.bytes.length).toBe(0);
      }
      expect((await when('if-none-match', md5('y'))).status).toBe(200);
      expect((await when('if-modified-since', before)).status).toBe(200);
    });

    it('[CopyObject-11] looks at the version that is copied', async () => {
      const versioned = await newBucket();
      await configure(versioned, { versioning: 'Enabled' });
      const one = (await send('PUT', `/${versioned}/k`, { body: 'one' })).header('x-oss-version-id')!;
      await send('PUT', `/${versioned}/k`, { body: 'two' });
      const condition = { 'x-oss-copy-source-if-match': md5('one') };
      expectRefusal(await copy(`/${versioned}/c`, `/${versioned}/k`, condition), 412, 'PreconditionFailed');
      expect((await copy(`/${versioned}/c`, `/${versioned}/k?versionId=${one}`, condition)).status).toBe(200);
    });

    it('[CopyObject-11] takes no notice of conditions that do not name the source: ali-oss sends both forms', async () => {
      const both = { 'if-none-match': etag, 'x-oss-copy-source-if-none-match': etag };
      expect((await copy(`/${bucket}/c`, `/${bucket}/conditional`, both)).status).toBe(304);
      expect((await copy(`/${bucket}/c`, `/${bucket}/conditional`, { 'if-match': md5('y') })).status).toBe(200);
    });
  });

  it('[CopyObject-17] [ObjCommon-28] never copies an ACL', async () => {
    await send('PUT', `/${bucket}/open`, { body: 'x', headers: { 'x-oss-object-acl': 'public-read' } });
    await copy(`/${bucket}/open-copy`, `/${bucket}/open`);
    expect((await send('GET', `/${bucket}/open-copy?acl`)).one('Grant')).toBe('default');
    await copy(`/${bucket}/open-copy`, `/${bucket}/open`, { 'x-oss-object-acl': 'public-read-write' });
    expect((await send('GET', `/${bucket}/open-copy?acl`)).one('Grant')).toBe('public-read-write');
    expect((await send('GET', `/${bucket}/open-copy`, { as: 'anonymous' })).status).toBe(200);
  });

  it('[CopyObject-18] [CopyObject-E5] refuses encryption that there is none of', async () => {
    const sse = (value: string) => ({ 'x-oss-server-side-encryption': value });
    expectRefusal(await copy(`/${bucket}/c`, `/${bucket}/shape`, sse('DES')), 400, 'InvalidEncryptionAlgorithmError');
    expectRefusal(await copy(`/${bucket}/c`, `/${bucket}/shape`, sse('KMS')), 403, 'KmsServiceNotEnabled');
  });

  it('[CopyObject-19] inherits the class of the bucket, and of the object itself where it is edited', async () => {
    const cold = await shardedBucket(1, { storageClass: 'IA' });
    await send('PUT', `/${cold}/k`, { body: 'x', headers: { 'x-oss-storage-class': 'Standard' } });
    const classOf = async (path: string) => (await send('HEAD', path)).header('x-oss-storage-class');
    await copy(`/${bucket}/from-cold`, `/${cold}/k`, {});
    await copy(`/${cold}/c`, `/${cold}/k`);
    await copy(`/${cold}/k`, `/${cold}/k`, { 'x-oss-meta-a': '1' });
    expect(await classOf(`/${bucket}/from-cold`)).toBe('Standard');
    expect(await classOf(`/${cold}/c`)).toBe('IA');
    expect(await classOf(`/${cold}/k`)).toBe('Standard');
    await copy(`/${cold}/k`, `/${cold}/k`, { 'x-oss-storage-class': 'IA' });
    expect(await classOf(`/${cold}/k`)).toBe('IA');
  });

  it('[CopyObject-22] lets an appendable object be edited, but not be copied', async () => {
    const appendable = {
      kind: 'Appendable',
      size: 3,
      etag: 'A'.repeat(24) + '0'.repeat(8),
      inline: bytesOf(3),
    } as const;
    await putContent(bucket, 'log', appendable);
    expectRefusal(await copy(`/${bucket}/log-copy`, `/${bucket}/log`), 400, 'OperationNotSupported');
    expect((await copy(`/${bucket}/log`, `/${bucket}/log`, { 'x-oss-meta-a': '1' })).status).toBe(200);
    const head = await send('HEAD', `/${bucket}/log`);
    expect(head.header('x-oss-meta-a')).toBe('1');
    expect(head.header('x-oss-object-type')).toBe('Appendable');
    expect(head.header('etag')).toBe(`"${appendable.etag}"`);
    expect((await send('GET', `/${bucket}/log`)).bytes).toEqual(bytesOf(3));
    const versioned = await newBucket();
    await configure(versioned, { versioning: 'Enabled' });
    await putContent(versioned, 'log', appendable);
    expectRefusal(await copy(`/${versioned}/log`, `/${versioned}/log`), 400, 'OperationNotSupported');
  });

  it('[CopyObject-22] holds for every place but its own, and for what appending made', async () => {
    const path = `/${bucket}/grown`;
    await send('POST', `${path}?append&position=0`, { body: 'abc' });
    const other = await newBucket();
    for (const to of [`/${bucket}/grown-copy`, `/${other}/grown`]) {
      expectRefusal(await copy(to, path), 400, 'OperationNotSupported');
      expectRefusal(await send('GET', to), 404, 'NoSuchKey');
    }
    for (const versioning of ['Enabled', 'Suspended'] as const) {
      await configure(other, { versioning });
      await send('POST', `/${other}/${versioning}?append&position=0`, { body: 'abc' });
      const onItself = await copy(`/${other}/${versioning}`, `/${other}/${versioning}`, { 'x-oss-meta-a': '1' });
      expectRefusal(onItself, 400, 'OperationNotSupported');
      expect((await send('HEAD', `/${other}/${versioning}`)).header('x-oss-meta-a')).toBeNull();
    }
  });

  it('[CopyObject-25] [CopyObject-E6] obeys x-oss-forbid-overwrite, on itself too', async () => {
    const forbid = { 'x-oss-forbid-overwrite': 'true' };
    await send('PUT', `/${bucket}/there`, { body: 'x' });
    expectRefusal(await copy(`/${bucket}/there`, `/${bucket}/shape`, forbid), 409, 'FileAlreadyExists');
    expectRefusal(await copy(`/${bucket}/there`, `/${bucket}/there`, forbid), 409, 'FileAlreadyExists');
    expect((await copy(`/${bucket}/not-yet`, `/${bucket}/there`, forbid)).status).toBe(200);
    const versioned = await newBucket();
    await configure(versioned, { versioning: 'Enabled' });
    for (let i = 0; i < 2; i++) expect((await copy(`/${versioned}/k`, `/${bucket}/there`, forbid)).status).toBe(200);
  });

  it('[CopyObject-25] creates an object once, of many copies at a time', async () => {
    const forbid = { 'x-oss-forbid-overwrite': 'true' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => copy(`/${bucket}/created-once`, `/${bucket}/shape`, forbid)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  it('[CopyObject-E1] refuses bad headers, and copies nothing', async () => {
    const headers: Record<string, string>[] = [
      { 'x-oss-storage-class': 'Cold' },
      { 'x-oss-object-acl': 'mine' },
      { 'x-oss-forbid-overwrite': 'maybe' },
      { 'x-oss-metadata-directive': 'MOVE' },
      { 'x-oss-tagging-directive': 'Merge' },
      { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a_b': '1' },
    ];
    for (const wrong of headers) {
      expectRefusal(await copy(`/${bucket}/nothing`, `/${bucket}/shape`, wrong), 400, 'InvalidArgument');
    }
    expectRefusal(await copy(`/${bucket}/nothing`, ''), 400, 'InvalidArgument');
    const tags = { 'x-oss-tagging-directive': 'Replace', 'x-oss-tagging': 'a=1&a=2' };
    expectRefusal(await copy(`/${bucket}/nothing`, `/${bucket}/shape`, tags), 400, 'InvalidArgument');
    expect((await send('HEAD', `/${bucket}/nothing`)).status).toBe(404);
    const long = await copy(`/${bucket}/nothing`, `/${bucket}/${'x'.repeat(1_024)}`);
    expectRefusal(long, 400, 'InvalidObjectName');
  });
});
