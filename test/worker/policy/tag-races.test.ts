import { beforeAll, describe, expect, it } from 'vitest';
import { md5, put } from '../support/config.ts';
import { WatchedGateway } from '../support/faults.ts';
import { post } from '../support/form.ts';
import { type Answer, accounts, newBucket, send, shardedBucket, type Wish } from '../support/wire.ts';

const tagging = (value: string) =>
  `<Tagging><TagSet><Tag><Key>stage</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;

/** Lets the other account do everything, but not with what is secret. */
async function setPolicy(bucket: string): Promise<void> {
  const common = { Principal: [accounts.other], Resource: [`acs:oss:*:*:${bucket}`, `acs:oss:*:*:${bucket}/*`] };
  const secret = { StringEquals: { 'oss:ExistingObjectTag/stage': ['secret'] } };
  const Statement = [
    { ...common, Effect: 'Allow', Action: ['oss:*'] },
    { ...common, Effect: 'Deny', Action: ['oss:*'], Condition: secret },
  ];
  expect((await put(bucket, 'policy', JSON.stringify({ Version: '1', Statement }))).status).toBe(200);
}

let source: string;

beforeAll(async () => {
  source = await newBucket({ as: 'other' });
  await send('PUT', `/${source}/a`, { as: 'other', body: 'a' });
});

/** A gateway in which somebody gives an object other tags just before the index is told to change it. */
function interrupted(
  method: string,
  work: () => Promise<unknown>,
): { via: NonNullable<Wish['via']>; done: () => number } {
  let times = 0;
  const gateway = new WatchedGateway(async (call) => {
    if (call.binding === 'INDEX' && call.method === method && times++ === 0) await work();
    return call.run();
  });
  return { via: gateway.via, done: () => times };
}

type Change = (bucket: string, wish: Wish) => Promise<Answer>;

/** Changes of an object `k`, by the call to its shard that makes them. */
const changes: Record<string, readonly [string, Change]> = {
  PutObject: ['put', (bucket, wish) => send('PUT', `/${bucket}/k`, { ...wish, body: 'new' })],
  CopyObject: [
    'put',
    (bucket, wish) => send('PUT', `/${bucket}/k`, { ...wish, headers: { 'x-oss-copy-source': `/${source}/a` } }),
  ],
  PutSymlink: [
    'put',
    (bucket, wish) => send('PUT', `/${bucket}/k?symlink`, { ...wish, headers: { 'x-oss-symlink-target': 'a' } }),
  ],
  DeleteObject: ['remove', (bucket, wish) => send('DELETE', `/${bucket}/k`, wish)],
  DeleteMultipleObjects: [
    'remove',
    (bucket, wish) => {
      const body = '<Delete><Object><Key>other</Key></Object><Object><Key>k</Key></Object></Delete>';
      return send('POST', `/${bucket}?delete`, { ...wish, body, headers: { 'content-md5': md5(body) } });
    },
  ],
  PutObjectACL: [
    'setAcl',
    (bucket, wish) => send('PUT', `/${bucket}/k?acl`, { ...wish, headers: { 'x-oss-object-acl': 'public-read' } }),
  ],
  PutObjectTagging: [
    'setTags',
    (bucket, wish) => send('PUT', `/${bucket}/k?tagging`, { ...wish, body: tagging('mine') }),
  ],
  DeleteObjectTagging: ['setTags', (bucket, wish) => send('DELETE', `/${bucket}/k?tagging`, wish)],
  InitiateMultipartUpload: ['initiate', (bucket, wish) => send('POST', `/${bucket}/k?uploads`, wish)],
};

describe('tags that change while a request is under way', () => {
  it.each(Object.entries(changes))('%s: what they deny is not done', async (_, [method, change]) => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/k`, { body: 'old', headers: { 'x-oss-tagging': 'stage=public' } });
    await setPolicy(bucket);
    const retag = (value: string) => send('PUT', `/${bucket}/k?tagging`, { body: tagging(value) });
    const secret = interrupted(method, () => retag('secret'));
    const refused = await change(bucket, { as: 'other', via: secret.via });
    expect([refused.status, refused.code, secret.done() > 0]).toEqual([403, 'AccessDenied', true]);
    const kept = await send('GET', `/${bucket}/k`);
    expect([kept.text, (await send('GET', `/${bucket}/k?tagging`)).one('Value')]).toEqual(['old', 'secret']);
    expect((await send('GET', `/${bucket}/k?acl`)).one('Grant')).toBe('default');
    expect((await send('GET', `/${bucket}?uploads`)).all('UploadId')).toEqual([]);
    // The control: what they allow is done, although they are others.
    await retag('public');
    const harmless = interrupted(method, () => retag('open'));
    expect((await change(bucket, { as: 'other', via: harmless.via })).status).toBeLessThan(300);
    expect(harmless.done()).toBe(2);
  });

  it('an append is judged by what it is added to', async () => {
    const bucket = await newBucket();
    const tags = { 'x-oss-tagging': 'stage=public' };
    await send('POST', `/${bucket}/k?append&position=0`, { body: 'old', headers: tags });
    await setPolicy(bucket);
    const secret = interrupted('append', () => send('PUT', `/${bucket}/k?tagging`, { body: tagging('secret') }));
    const append = (wish: Wish = {}) =>
      send('POST', `/${bucket}/k?append&position=3`, { as: 'other', body: 'new', ...wish });
    expect((await append({ via: secret.via })).code).toBe('AccessDenied');
    expect((await send('GET', `/${bucket}/k`)).text).toBe('old');
    await send('PUT', `/${bucket}/k?tagging`, { body: tagging('public') });
    expect((await append()).status).toBe(200);
  });

  it('a multipart upload is judged once more at its end', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/k`, { body: 'old', headers: { 'x-oss-tagging': 'stage=public' } });
    await setPolicy(bucket);
    const id = (await send('POST', `/${bucket}/k?uploads`, { as: 'other' })).one('UploadId');
    const part = await send('PUT', `/${bucket}/k?uploadId=${id}&partNumber=1`, { as: 'other', body: 'new' });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.header('etag')}</ETag></Part></CompleteMultipartUpload>`;
    const complete = (wish: Wish = {}) => send('POST', `/${bucket}/k?uploadId=${id}`, { as: 'other', body, ...wish });
    const retag = (value: string) => send('PUT', `/${bucket}/k?tagging`, { body: tagging(value) });
    expect((await complete({ via: interrupted('completeUpload', () => retag('secret')).via })).code).toBe(
      'AccessDenied',
    );
    expect((await send('GET', `/${bucket}/k`)).text).toBe('old');
    await retag('public');
    expect((await complete()).status).toBe(200);
    expect((await send('GET', `/${bucket}/k`)).text).toBe('new');
  });

  it('a batch over several shards deletes nothing', async () => {
    const bucket = await shardedBucket(4);
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const headers = { 'x-oss-tagging': 'stage=public' };
    for (const key of keys) await send('PUT', `/${bucket}/${key}`, { body: key, headers });
    await setPolicy(bucket);
    const secret = interrupted('remove', () => send('PUT', `/${bucket}/k7?tagging`, { body: tagging('secret') }));
    const remove = (which: readonly string[], wish: Wish = {}) => {
      const body = `<Delete>${which.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
      return send('POST', `/${bucket}?delete`, { as: 'other', body, headers: { 'content-md5': md5(body) }, ...wish });
    };
    expect((await remove(keys, { via: secret.via })).code).toBe('AccessDenied');
    expect((await send('GET', `/${bucket}`)).all('Key')).toHaveLength(12);
    expect((await remove(keys.filter((key) => key !== 'k7'))).status).toBe(200);
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual(['k7']);
  });

  it('do not matter where no policy asks for them any more', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/k`, { body: 'old', headers: { 'x-oss-tagging': 'stage=public' } });
    await setPolicy(bucket);
    const open = {
      Effect: 'Allow',
      Action: ['oss:*'],
      Principal: [accounts.other],
      Resource: [`acs:oss:*:*:${bucket}/*`],
    };
    const { via } = interrupted('put', async () => {
      await put(bucket, 'policy', JSON.stringify({ Version: '1', Statement: [open] }));
      await send('PUT', `/${bucket}/k?tagging`, { body: tagging('secret') });
    });
    expect((await send('PUT', `/${bucket}/k`, { as: 'other', body: 'new', via })).status).toBe(200);
    expect((await post(bucket, { as: 'other', fields: { key: 'k' } })).status).toBe(204);
  });
});
