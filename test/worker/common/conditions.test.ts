import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { initiate } from '../support/multipart.ts';
import { expectRefusal, newBucket, send } from '../support/wire.ts';

let path: string;
let etag: string;
let modified: number;

beforeAll(async () => {
  path = `/${await newBucket()}/a`;
  etag = (await send('PUT', path, { body: 'hello' })).header('etag')!;
  modified = Date.parse((await send('HEAD', path)).header('last-modified')!);
});

const at = (seconds: number) => new Date(modified + seconds * 1_000).toUTCString();

async function expectOutcome(headers: Record<string, string>, status: 200 | 304 | 412): Promise<void> {
  const get = await send('GET', path, { headers });
  const head = await send('HEAD', path, { headers });
  expect([get.status, head.status], JSON.stringify(headers)).toEqual([status, status]);
  if (status === 200) expect(get.text).toBe('hello');
  if (status === 304) expect(get.bytes.length).toBe(0);
  if (status === 412) for (const answer of [get, head]) expectRefusal(answer, 412, 'PreconditionFailed');
}

describe('conditions of a read', () => {
  it('[ObjCommon-14] [ObjCommon-16] compare ETags whatever their quotes and case', async () => {
    const bare = etag.replaceAll('"', '');
    for (const same of [etag, bare, bare.toLowerCase(), `"${bare.toLowerCase()}"`, '*', `"other", ${etag}`]) {
      await expectOutcome({ 'if-match': same }, 200);
      await expectOutcome({ 'if-none-match': same }, 304);
    }
    for (const other of ['xx', '""', bare.slice(1), `${bare}0`]) {
      await expectOutcome({ 'if-match': other }, 412);
      await expectOutcome({ 'if-none-match': other }, 200);
    }
  });

  it('[ObjCommon-14] [ObjCommon-18] compare dates by the second; the same one is not modified since', async () => {
    for (const [since, seconds] of [
      [304, 0],
      [304, 1],
      [304, 3_600],
      [200, -1],
      [200, -3_600],
    ] as const) {
      await expectOutcome({ 'if-modified-since': at(seconds) }, since);
      await expectOutcome({ 'if-unmodified-since': at(seconds) }, since === 304 ? 200 : 412);
    }
  });

  it('[ObjCommon-14] a date that is none is no condition', async () => {
    for (const date of ['yesterday', '', '0', '2025-01-01T00:00:00Z', 'Mon, 32 Jan 2024 00:00:00 GMT']) {
      await expectOutcome({ 'if-modified-since': date }, 200);
      await expectOutcome({ 'if-unmodified-since': date }, 200);
    }
  });

  it('[ObjCommon-15] an ETag decides before a date, and 412 before 304', async () => {
    await expectOutcome({ 'if-match': etag, 'if-unmodified-since': at(-10) }, 200);
    await expectOutcome({ 'if-none-match': 'other', 'if-modified-since': at(10) }, 200);
    await expectOutcome({ 'if-none-match': etag, 'if-modified-since': at(-10) }, 304);
    await expectOutcome({ 'if-match': 'other', 'if-none-match': etag }, 412);
    await expectOutcome({ 'if-match': etag, 'if-none-match': etag }, 304);
    await expectOutcome({ 'if-unmodified-since': at(-10), 'if-modified-since': at(10) }, 412);
    await expectOutcome({ 'if-unmodified-since': at(10), 'if-modified-since': at(-10) }, 200);
    await expectOutcome({ 'if-match': 'other', 'if-unmodified-since': at(10) }, 412);
  });

  it('[Sec-25] tell nothing to who may not read', async () => {
    for (const headers of [
      { 'if-none-match': etag },
      { 'if-modified-since': at(10) },
      { 'if-match': 'other' },
      { 'if-none-match': '*' },
      {},
    ]) {
      for (const as of ['other', 'user', 'anonymous'] as const) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await send(method, path, { as, headers: headers as Record<string, string> });
          expectRefusal(answer, 403, 'AccessDenied');
          for (const name of ['etag', 'last-modified', 'x-oss-hash-crc64ecma', 'content-md5'])
            expect(answer.header(name)).toBe(null);
          expect(answer.error).not.toContain(etag.replaceAll('"', ''));
        }
      }
    }
  });

  it('[Sec-25] tell nothing of an object that its own ACL closes', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    const closed = await send('PUT', `/${bucket}/a`, { body: 'x', headers: { 'x-oss-object-acl': 'private' } });
    for (const headers of [
      { 'if-none-match': closed.header('etag')! },
      { 'if-match': 'other' },
      { range: 'bytes=-0' },
    ]) {
      const answer = await send('GET', `/${bucket}/a`, { as: 'anonymous', headers: headers as Record<string, string> });
      expectRefusal(answer, 403, 'AccessDenied');
      expect(answer.header('etag')).toBe(null);
      expect(answer.header('content-range')).toBe(null);
    }
  });
});

describe('conditions of a write', () => {
  it('[ObjCommon-17] are refused where content would come or go, and nothing happens', async () => {
    const bucket = await newBucket();
    const at = `/${bucket}/k`;
    const { headers } = await send('PUT', at, { body: 'content' });
    const id = await initiate(at);
    const part = await send('PUT', `${at}?uploadId=${id}&partNumber=1`, { body: 'part' });
    const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.header('etag')}</ETag></Part></CompleteMultipartUpload>`;
    const batch = '<Delete><Object><Key>k</Key></Object></Delete>';
    const digest = { 'content-md5': createHash('md5').update(batch).digest('base64') };
    const condition: Record<string, string> = { 'if-match': headers.get('etag')! };
    for (const [method, path, body, extra] of [
      ['PUT', at, 'other', {}],
      ['POST', `/${bucket}/new?append&position=0`, 'other', {}],
      ['PUT', `${at}?symlink`, null, { 'x-oss-symlink-target': 'x' }],
      ['DELETE', at, null, {}],
      ['POST', `/${bucket}?delete`, batch, digest],
      ['POST', `${at}?uploads`, null, {}],
      ['PUT', `${at}?uploadId=${id}&partNumber=1`, 'other', {}],
      ['POST', `${at}?uploadId=${id}`, list, {}],
    ] as const) {
      const sent = (more: Record<string, string>) => send(method, path, { body, headers: { ...extra, ...more } });
      for (const one of [condition, { 'if-none-match': '*' }, { 'if-unmodified-since': new Date().toUTCString() }]) {
        const answer = await sent(one as Record<string, string>);
        expectRefusal(answer, 400, 'NotImplemented');
        expect(answer.one('Header'), `${method} ${path}`).toBe(Object.keys(one)[0]);
      }
    }
    expect((await send('GET', at)).text).toBe('content');
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual(['k']);
    expect((await send('GET', `/${bucket}?uploads`)).all('UploadId')).toEqual([id]);
    expect((await send('GET', `${at}?uploadId=${id}`)).all('ETag')).toEqual([part.header('etag')]);
    expect((await send('POST', `${at}?uploadId=${id}`, { body: list })).status).toBe(200);
    expect((await send('DELETE', at)).status).toBe(204);
  });
});
