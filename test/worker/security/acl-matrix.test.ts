import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { type Answer, configOf, newBucket, send, type Wish } from '../support/wire.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bucketAcls = ['private', 'public-read', 'public-read-write'] as const;
const objectAcls = ['default', 'private', 'public-read', 'public-read-write'] as const;
const callers = ['owner', 'other', 'user', 'reader', 'anonymous'] as const;

type Acl = (typeof bucketAcls)[number];
type Caller = (typeof callers)[number];

/** What an ACL opens to everybody ([PutBucketAcl-6]). */
const opens: Record<Acl, { read: boolean; write: boolean }> = {
  private: { read: false, write: false },
  'public-read': { read: true, write: false },
  'public-read-write': { read: true, write: true },
};

/** What each caller may do without help of an ACL: the owner all, the reader by its RAM policy (`oss:Get*`, `oss:List*`). */
const may: Record<Caller, { read: boolean; write: boolean; list: boolean; getAcl: boolean; putAcl: boolean }> = {
  owner: { read: true, write: true, list: true, getAcl: true, putAcl: true },
  reader: { read: true, write: false, list: true, getAcl: true, putAcl: false },
  user: { read: false, write: false, list: false, getAcl: false, putAcl: false },
  other: { read: false, write: false, list: false, getAcl: false, putAcl: false },
  anonymous: { read: false, write: false, list: false, getAcl: false, putAcl: false },
};

function batchOf(key: string): Pick<Wish, 'headers' | 'body'> {
  const body = `<Delete><Object><Key>${key}</Key></Object></Delete>`;
  return { body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
}

/** One object with its ACL in one bucket. Restored after each request that was let through. */
class Subject {
  readonly path: string;
  readonly key: string;
  readonly bucket: string;
  readonly acl: (typeof objectAcls)[number];

  constructor(bucket: string, acl: (typeof objectAcls)[number]) {
    this.bucket = bucket;
    this.acl = acl;
    this.key = `with-${acl}`;
    this.path = `/${bucket}/${this.key}`;
  }

  async restore(): Promise<void> {
    const headers: Record<string, string> = this.acl === 'default' ? {} : { 'x-oss-object-acl': this.acl };
    expect((await send('PUT', this.path, { headers, body: 'content' })).status).toBe(200);
  }

  async expectUntouched(what: string): Promise<void> {
    const answer = await send('GET', this.path);
    expect(`${answer.status} ${answer.text}`, `after ${what}`).toBe('200 content');
  }
}

function expectOutcome(answer: Answer, allowed: boolean, status: number, what: string): void {
  const expected = allowed ? `${status}` : '403 AccessDenied';
  expect(allowed ? String(answer.status) : `${answer.status} ${answer.code}`, what).toBe(expected);
}

async function checkReads(subject: Subject, as: Caller, allowed: boolean, what: string): Promise<void> {
  const get = await send('GET', subject.path, { as });
  expectOutcome(get, allowed, 200, `GET ${what}`);
  if (allowed) expect(get.text).toBe('content');
  else expect(get.text).not.toContain('content');
  expectOutcome(await send('HEAD', subject.path, { as }), allowed, 200, `HEAD ${what}`);
  expectOutcome(await send('HEAD', `${subject.path}?objectMeta`, { as }), allowed, 200, `objectMeta ${what}`);
  const range = await send('GET', subject.path, { as, headers: { range: 'bytes=0-0' } });
  expectOutcome(range, allowed, 206, `range ${what}`);
}

async function checkWrites(subject: Subject, as: Caller, allowed: boolean, what: string): Promise<void> {
  const { path } = subject;
  for (const [name, request, status] of [
    ['PUT', () => send('PUT', path, { as, body: 'overwritten' }), 200],
    ['DELETE', () => send('DELETE', path, { as }), 204],
    ['batch delete', () => send('POST', `/${subject.bucket}?delete`, { as, ...batchOf(subject.key) }), 200],
  ] as const) {
    expectOutcome(await request(), allowed, status, `${name} ${what}`);
    const after = await send('GET', path);
    expect(after.status === 200 && after.text === 'content', `${name} ${what} took effect`).toBe(!allowed);
    if (allowed) await subject.restore();
  }
}

async function checkAcls(subject: Subject, as: Caller, what: string): Promise<void> {
  const get = await send('GET', `${subject.path}?acl`, { as });
  expectOutcome(get, may[as].getAcl, 200, `get ACL ${what}`);
  if (may[as].getAcl) expect(get.one('Grant')).toBe(subject.acl);
  const headers = { 'x-oss-object-acl': subject.acl === 'private' ? 'public-read' : 'private' };
  expectOutcome(await send('PUT', `${subject.path}?acl`, { as, headers }), may[as].putAcl, 200, `put ACL ${what}`);
  const after = (await send('GET', `${subject.path}?acl`)).one('Grant');
  expect(after === subject.acl, `put ACL ${what} took effect`).toBe(!may[as].putAcl);
  if (may[as].putAcl) await subject.restore();
}

/** What the bucket decides alone: listings, its own ACL, and keys at which there is nothing. */
async function checkBucket(bucket: string, acl: Acl, as: Caller): Promise<void> {
  const what = `of a ${acl} bucket by ${as}`;
  for (const query of ['', '?list-type=2']) {
    expectOutcome(await send('GET', `/${bucket}${query}`, { as }), may[as].list, 200, `list ${what}`);
  }
  expectOutcome(await send('GET', `/${bucket}?acl`, { as }), may[as].getAcl, 200, `get bucket ACL ${what}`);
  const headers = { 'x-oss-acl': acl === 'private' ? 'public-read' : 'private' };
  const put = await send('PUT', `/${bucket}?acl`, { as, headers });
  if (as === 'other') expect(put.code).toBe('BucketAlreadyExists');
  else expectOutcome(put, may[as].putAcl, 200, `put bucket ACL ${what}`);
  expect((await configOf(bucket)).acl === acl, `put bucket ACL ${what} took effect`).toBe(!may[as].putAcl);
  if (may[as].putAcl) await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': acl } });

  const reads = may[as].read || opens[acl].read;
  const writes = may[as].write || opens[acl].write;
  for (const method of ['GET', 'HEAD']) {
    expectOutcome(await send(method, `/${bucket}/missing`, { as }), reads, 404, `${method} missing ${what}`);
  }
  expectOutcome(await send('DELETE', `/${bucket}/missing`, { as }), writes, 204, `DELETE missing ${what}`);
  expectOutcome(await send('PUT', `/${bucket}/new`, { as, body: 'x' }), writes, 200, `PUT new ${what}`);
  expect((await send('DELETE', `/${bucket}/new`)).status).toBe(204);
}

describe('[ObjCommon-26] [ObjCommon-27] [PutBucketAcl-6] who may do what', () => {
  describe.each(bucketAcls)('in a bucket that is %s', (bucketAcl) => {
    it.each([false, true])('(some object has an ACL of its own: %s)', async (withObjectAcls) => {
      const bucket = await newBucket({ acl: bucketAcl });
      const subjects = (withObjectAcls ? objectAcls : (['default'] as const)).map((acl) => new Subject(bucket, acl));
      for (const subject of subjects) await subject.restore();
      expect((await configOf(bucket)).objectAcls).toBe(withObjectAcls);
      for (const as of callers) {
        await checkBucket(bucket, bucketAcl, as);
        for (const subject of subjects) {
          const open = opens[subject.acl === 'default' ? bucketAcl : subject.acl];
          const what = `of a ${subject.acl} object in a ${bucketAcl} bucket by ${as}`;
          await checkReads(subject, as, may[as].read || open.read, what);
          await checkWrites(subject, as, may[as].write || open.write, what);
          // The owner's own look at ACLs comes last: it gives the object one.
          if (as !== 'owner' || withObjectAcls) await checkAcls(subject, as, what);
          await subject.expectUntouched(what);
        }
      }
    });
  });
});
