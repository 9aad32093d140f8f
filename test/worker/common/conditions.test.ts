import { beforeAll, describe, expect, it } from 'vitest';
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
