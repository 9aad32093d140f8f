import { afterEach, describe, expect, it, vi } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { put } from '../support/config.ts';
import { post } from '../support/form.ts';
import { accounts, configOf, configure, expectRefusal, newBucket, send, type Wish } from '../support/wire.ts';
import { judged, requestFor } from './support.ts';

/** What another version may have stored: no JSON, another version of the language, a member that is not known. */
const unreadable = [
  '',
  'no policy',
  '{"Version":"2","Statement":[]}',
  '{"Version":"1","Statement":[{"Effect":"Allow","NotAction":["oss:*"],"Principal":["*"],"Resource":["*"]}]}',
];

/** A bucket that anybody could read and write, were it not for its policy. */
async function lockedBucket(policy: unknown): Promise<string> {
  const bucket = await newBucket({ acl: 'public-read-write' });
  await send('PUT', `/${bucket}/a`, { body: 'content' });
  await configure(bucket, { documents: { policy: policy as string } });
  configCopies.clear();
  return bucket;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a bucket policy that cannot be read', () => {
  it('[Sec-27] keeps out everybody but the owner, whatever the ACL, and says why', async () => {
    for (const policy of [...unreadable, 7, { Version: '1' }]) {
      const bucket = await lockedBucket(policy);
      const others: Wish[] = [{ as: 'anonymous' }, { as: 'other' }, { as: 'user' }, { as: 'other', place: 'query' }];
      for (const wish of others) {
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
          const answer = await send(method, `/${bucket}/a`, method === 'PUT' ? { ...wish, body: 'new' } : wish);
          expectRefusal(answer, 403, 'AccessDenied');
          expect(answer.header('x-oss-ec')).toBe('0003-00000101');
        }
      }
      expect((await send('GET', `/${bucket}/a`, { as: 'other' })).one('Message')).toContain('cannot be read');
      expectRefusal(await post(bucket, { as: 'anonymous' }), 403, 'AccessDenied');
      expect((await send('GET', `/${bucket}/a`)).text).toBe('content');
      expect((await send('GET', `/${bucket}/a`, { as: 'reader' })).text).toBe('content');
      expectRefusal(await send('PUT', `/${bucket}/a`, { as: 'reader', body: 'new' }), 403, 'AccessDenied');
    }
  });

  it('[Sec-27] is nobody’s way round by an object’s own ACL or as the source of a copy', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'content', headers: { 'x-oss-object-acl': 'public-read-write' } });
    expect((await send('GET', `/${bucket}/a`, { as: 'anonymous' })).text).toBe('content');
    await configure(bucket, { documents: { policy: 'no policy' } });
    expectRefusal(await send('GET', `/${bucket}/a`, { as: 'anonymous' }), 403, 'AccessDenied');
    const own = await newBucket({ as: 'other' });
    const copied = await send('PUT', `/${own}/b`, { as: 'other', headers: { 'x-oss-copy-source': `/${bucket}/a` } });
    expectRefusal(copied, 403, 'AccessDenied');
    expect((await send('GET', `/${own}/b`, { as: 'other' })).status).toBe(404);
  });

  it('makes no operation answer 500', async () => {
    const bucket = await lockedBucket('no policy');
    for (const row of judged) {
      const [method, path, wish] = requestFor(row, bucket);
      const refused = await send(method, path, wish);
      expect([row.name, refused.status, refused.code]).toEqual([row.name, 403, 'AccessDenied']);
      if (row.method === 'GET' || row.method === 'HEAD') {
        const answer = await send(method, path, { ...wish, as: 'owner' });
        expect([row.name, answer.status === 501 || answer.status < 500]).toEqual([row.name, true]);
      }
    }
    const preflight = { headers: { origin: 'http://a', 'access-control-request-method': 'GET' } };
    expectRefusal(await send('OPTIONS', `/${bucket}/a`, { ...preflight, as: 'anonymous' }), 403, 'AccessForbidden');
    expect((await send('GET', '/')).all('Name')).toContain(bucket);
  });

  it('[PutBucketPolicy-6] can be read, replaced and deleted by the owner, which opens the bucket again', async () => {
    for (const change of ['replace', 'delete'] as const) {
      const bucket = await lockedBucket('no policy');
      const read = await send('GET', `/${bucket}?policy`);
      expect([read.status, read.text]).toEqual([200, 'no policy']);
      expectRefusal(await send('DELETE', `/${bucket}?policy`, { as: 'other' }), 403, 'AccessDenied');
      const grant = {
        Effect: 'Allow',
        Action: ['oss:GetObject'],
        Principal: [accounts.other],
        Resource: [`acs:oss:*:*:${bucket}/*`],
      };
      const good = JSON.stringify({ Version: '1', Statement: [grant] });
      const answer =
        change === 'delete' ? await send('DELETE', `/${bucket}?policy`) : await put(bucket, 'policy', good);
      expect(answer.status).toBe(change === 'delete' ? 204 : 200);
      expect((await send('GET', `/${bucket}/a`, { as: 'other' })).text).toBe('content');
    }
  });

  it('is logged, with its bucket and the reason', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const bucket = await lockedBucket('no policy');
    await send('GET', `/${bucket}/a`, { as: 'anonymous' });
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
    await send('GET', `/${bucket}/a`, { as: 'anonymous' });
    const [line, ...more] = lines.filter((one) => one.bucket === bucket);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ event: 'configuration-unreadable', documents: ['policy'] });
    expect(line!.why).toBeTruthy();
    expect(lines.some(({ event }) => event === 'internal-error')).toBe(false);
  });

  it('leaves requests about the account alone', async () => {
    const bucket = await lockedBucket('no policy');
    expectRefusal(await send('PUT', `/${bucket}`, { as: 'other' }), 409, 'BucketAlreadyExists');
    expect((await send('PUT', `/${bucket}`)).status).toBe(200);
    expect((await configOf(bucket)).documents.policy).toBe('no policy');
  });
});
