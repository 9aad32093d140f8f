import { exports } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../support/sign.ts';
import { type Answer, expectRefusal, keys, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;
/** One answer of every kind: empty, document, object, range, HEAD, redirecting condition, and refusals of each. */
let answers: Record<string, Answer>;

beforeAll(async () => {
  bucket = await newBucket();
  answers = {
    upload: await send('PUT', `/${bucket}/a`, { body: 'hello' }),
    object: await send('GET', `/${bucket}/a`),
    range: await send('GET', `/${bucket}/a`, { headers: { range: 'bytes=0-1' } }),
    head: await send('HEAD', `/${bucket}/a`),
    list: await send('GET', `/${bucket}`),
    service: await send('GET', '/'),
    unchanged: await send('GET', `/${bucket}/a`, { headers: { 'if-none-match': '*' } }),
    refusal: await send('GET', `/${bucket}/a`, { as: 'anonymous' }),
    headRefusal: await send('HEAD', `/${bucket}/missing`),
    badMethod: await send('PATCH', `/${bucket}/a`),
    badUrl: await send('GET', `/${bucket}/%zz`, { as: 'anonymous' }),
    badName: await send('GET', '/Bucket/a'),
    foreign: await send('GET', '/', { host: 'unknown.example.com' }),
    badSignature: await send('GET', `/${bucket}/a`, { unsigned: { headers: { 'x-oss-meta-a': '1' } } }),
    deletion: await send('DELETE', `/${bucket}/missing`),
  };
});

describe('every answer', () => {
  it('[Common-1] [Common-3] [ObjCommon-6] names the server and the date', () => {
    for (const [name, answer] of Object.entries(answers)) {
      expect(answer.header('server'), name).toBe('AliyunOSS');
      expect(answer.header('date'), name).toMatch(
        /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
      );
      expect(Math.abs(Date.parse(answer.header('date')!) - Date.now())).toBeLessThan(60_000);
    }
  });

  it('[Common-2] has a request id of its own, of 24 upper-case hex digits', () => {
    const ids = Object.values(answers).map((answer) => answer.header('x-oss-request-id')!);
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{24}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('[Common-19] says how long it took, in whole ms', () => {
    for (const answer of Object.values(answers)) expect(answer.header('x-oss-server-time')).toMatch(/^\d+$/);
  });

  it('has the status that is meant', () => {
    expect(Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]))).toEqual({
      upload: 200,
      object: 200,
      range: 206,
      head: 200,
      list: 200,
      service: 200,
      unchanged: 304,
      refusal: 403,
      headRefusal: 404,
      badMethod: 405,
      badUrl: 400,
      badName: 400,
      foreign: 404,
      badSignature: 403,
      deletion: 204,
    });
  });

  it('[Common-15] an empty success has no document', () => {
    expect(answers.upload!.header('content-length')).toBe('0');
    expect(answers.upload!.header('content-type')).toBe(null);
    expect(answers.upload!.bytes.length + answers.deletion!.bytes.length).toBe(0);
  });

  it('[Common-5] the ETag of a simple upload is the MD5 of its content', () => {
    const md5 = createHash('md5').update('hello').digest('hex').toUpperCase();
    for (const name of ['upload', 'object', 'head', 'range']) expect(answers[name]!.header('etag')).toBe(`"${md5}"`);
  });

  it('[Sec-45] HEAD and GET are signed apart', async () => {
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      const url = `http://localhost/${bucket}/a`;
      const signed = sign({ method: 'GET', url, bucket, key: 'a', ...keys.owner, scheme, place: 'query' });
      const replay = async (method: string) => (await exports.default.fetch(signed.url, { method })).status;
      expect([await replay('GET'), await replay('HEAD'), await replay('DELETE')]).toEqual([200, 403, 403]);
    }
    expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
  });
});

describe('every refusal', () => {
  it('[Common-6] [Common-7] [Common-10] [ObjCommon-4] [ObjCommon-5] is a document with request id, host and EC', () => {
    for (const [name, status, code] of [
      ['refusal', 403, 'AccessDenied'],
      ['headRefusal', 404, 'NoSuchKey'],
      ['badMethod', 405, 'MethodNotAllowed'],
      ['badUrl', 400, 'InvalidArgument'],
      ['badName', 400, 'InvalidBucketName'],
      ['foreign', 404, 'NoSuchBucket'],
      ['badSignature', 403, 'SignatureDoesNotMatch'],
    ] as const) {
      const answer = answers[name]!;
      expectRefusal(answer, status, code);
      expect(answer.error).toMatch(
        /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>[A-Za-z]+<\/Code><Message>[^<]+<\/Message><RequestId>[0-9A-F]{24}<\/RequestId><HostId>[^<]+<\/HostId>/,
      );
      expect(answer.error).toMatch(/<EC>\d{4}-\d{8}<\/EC><RecommendDoc>[^<]+<\/RecommendDoc><\/Error>$/);
      expect(answer.error).toContain(`<HostId>${name === 'foreign' ? 'unknown.example.com' : 'localhost'}</HostId>`);
      expect(answer.error).not.toContain('xmlns');
    }
    expect([answers.unchanged!.error, answers.unchanged!.bytes.length]).toEqual(['', 0]);
  });

  it('[Common-7] names the host that was addressed', async () => {
    const virtual = await send('GET', `/${bucket}/missing`, { virtual: true, host: 'oss-cn-hangzhou.aliyuncs.com' });
    expectRefusal(virtual, 404, 'NoSuchKey');
    expect(virtual.one('HostId')).toBe(`${bucket}.oss-cn-hangzhou.aliyuncs.com`);
  });

  it('[Common-8] names the bucket where its state is the matter', async () => {
    const missing = newName();
    expect((await send('GET', `/${missing}`)).one('BucketName')).toBe(missing);
    expect((await send('DELETE', `/${bucket}`)).one('BucketName')).toBe(bucket);
    expect(answers.refusal!.has('BucketName')).toBe(false);
  });

  it('[Common-9] names the argument that is wrong, escaped', async () => {
    const answer = await send('GET', `/${bucket}?max-keys=%3C%26%3E`);
    expectRefusal(answer, 400, 'InvalidArgument');
    expect(answer.text).toContain('<ArgumentName>max-keys</ArgumentName><ArgumentValue>&lt;&amp;&gt;</ArgumentValue>');
  });

  it('[Common-4] an anonymous request is judged, not called malformed', async () => {
    expectRefusal(await send('GET', `/${bucket}/a`, { as: 'anonymous' }), 403, 'AccessDenied');
    const open = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${open}/a`, { body: 'x' });
    expect((await send('GET', `/${open}/a`, { as: 'anonymous' })).text).toBe('x');
  });

  it('[Common-16] [Common-17] a document must be what its MD5 says, and well-formed', async () => {
    const name = newName();
    const put = (body: string, md5: string) => send('PUT', `/${name}`, { body, headers: { 'content-md5': md5 } });
    const md5 = (text: string) => createHash('md5').update(text).digest('base64');
    const xml = '<CreateBucketConfiguration/>';
    for (const wrong of [md5('other'), 'nonsense', createHash('md5').update(xml).digest('hex')]) {
      expectRefusal(await put(xml, wrong), 400, 'InvalidDigest');
    }
    expectRefusal(await put('<CreateBucket', md5('<CreateBucket')), 400, 'MalformedXML');
    expectRefusal(await put('', md5('x')), 400, 'InvalidDigest');
    expectRefusal(await send('GET', `/${name}?acl`), 404, 'NoSuchBucket');
    expect((await put(xml, md5(xml))).status).toBe(200);
  });

  it('[Common-11] no document has a namespace: both Python SDKs find nothing in one that has', async () => {
    const own = await newBucket();
    const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
    expect((await send('PUT', `/${own}?versioning`, { body: versioning })).status).toBe(200);
    for (const key of ['a', 'b/c']) await send('PUT', `/${own}/${key}`, { body: 'hello' });
    const begun = await send('POST', `/${own}/m?uploads`);
    const upload = `/${own}/m?uploadId=${begun.one('UploadId')}`;
    const part = await send('PUT', `${upload}&partNumber=1`, { headers: { 'x-oss-copy-source': `/${own}/a` } });
    const answers = [begun, part];
    for (const path of [
      '/',
      '/?regions',
      ...['', '?list-type=2', '?versions', '?versioning', '?uploads', '?location', '?bucketInfo', '?stat', '?acl'].map(
        (query) => `/${own}${query}`,
      ),
      `/${own}/a?acl`,
      `/${own}/a?tagging`,
      upload,
    ]) {
      answers.push(await send('GET', path));
    }
    const batch = '<Delete><Object><Key>a</Key></Object></Delete>';
    const md5 = createHash('md5').update(batch).digest('base64');
    answers.push(await send('POST', `/${own}?delete`, { body: batch, headers: { 'content-md5': md5 } }));
    const complete = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.one('ETag')}</ETag></Part></CompleteMultipartUpload>`;
    answers.push(await send('POST', upload, { body: complete }));
    answers.push(await send('PUT', `/${own}/d`, { headers: { 'x-oss-copy-source': `/${own}/m` } }));
    for (const answer of answers) {
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/xml']);
      expect(answer.text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<\w+>/);
      expect(answer.text).not.toContain('xmlns');
    }
  });

  it('[Common-14] dates in documents are ISO 8601 with milliseconds that are zero', async () => {
    for (const [path, element] of [
      ['/', 'CreationDate'],
      [`/${bucket}?bucketInfo`, 'CreationDate'],
      [`/${bucket}`, 'LastModified'],
    ] as const) {
      for (const date of (await send('GET', path)).all(element))
        expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    }
  });

  it('[Common-13] [Route-6] a sub-resource may have "=", and must be spelled right', async () => {
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      for (const query of ['acl', 'acl='])
        expect((await send('GET', `/${bucket}?${query}`, { scheme })).has('Grant')).toBe(true);
    }
    expectRefusal(await send('GET', `/${bucket}?ACL`), 400, 'InvalidArgument');
  });

  it('[Route-5] [Sec-40] a sub-resource that is not known, or not here, never falls through', async () => {
    for (const query of ['unknown', 'unknown=1', 'Acl', 'uploads', 'versionId=null', 'bucketinfo', 'x-oss-unknown=1']) {
      for (const method of ['PUT', 'DELETE', 'POST']) {
        for (const path of [`/${bucket}`, `/${bucket}/a`]) {
          if (query === 'uploads' && method === 'POST') continue;
          if (query === 'versionId=null' && method === 'DELETE' && path.endsWith('a')) continue;
          const answer = await send(method, `${path}?${query}`, method === 'DELETE' ? {} : { body: '' });
          expect(answer.status, `${method} ${path}?${query}`).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
        }
      }
    }
    expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
    expect((await send('GET', `/${bucket}?acl`)).one('Grant')).toBe('private');
  });
});
