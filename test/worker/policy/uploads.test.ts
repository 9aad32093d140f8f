import { beforeAll, describe, expect, it } from 'vitest';
import { put } from '../support/config.ts';
import { post } from '../support/form.ts';
import { type Answer, accounts, newBucket, send } from '../support/wire.ts';

type Statement = Record<string, unknown>;

async function setPolicy(bucket: string, ...statements: readonly Statement[]): Promise<void> {
  const Statement = statements.map((one) => ({
    Effect: 'Allow',
    Principal: [accounts.other],
    Resource: [`acs:oss:*:*:${bucket}/*`],
    ...one,
  }));
  expect((await put(bucket, 'policy', JSON.stringify({ Version: '1', Statement }))).status).toBe(200);
}

let source: string;

beforeAll(async () => {
  source = await newBucket({ as: 'other' });
  await send('PUT', `/${source}/a`, { as: 'other', body: 'a', headers: { 'x-oss-tagging': 'stage=public' } });
});

/** Every way to make an object, by another account: with what it says, and the name of what it makes. */
const ways: Record<string, (bucket: string, key: string, headers: Record<string, string>) => Promise<Answer>> = {
  PutObject: (bucket, key, headers) => send('PUT', `/${bucket}/${key}`, { as: 'other', body: 'x', headers }),
  AppendObject: (bucket, key, headers) =>
    send('POST', `/${bucket}/${key}?append&position=0`, { as: 'other', body: 'x', headers }),
  CopyObject: (bucket, key, headers) =>
    send('PUT', `/${bucket}/${key}`, { as: 'other', headers: { ...headers, 'x-oss-copy-source': `/${source}/a` } }),
  PutSymlink: (bucket, key, headers) =>
    send('PUT', `/${bucket}/${key}?symlink`, {
      as: 'other',
      headers: { ...headers, 'x-oss-symlink-target': 'target' },
    }),
  PostObject: (bucket, key, fields) => post(bucket, { as: 'other', fields: { key, ...fields } }),
  InitiateMultipartUpload: async (bucket, key, headers) => {
    const begun = await send('POST', `/${bucket}/${key}?uploads`, { as: 'other', headers });
    if (begun.status !== 200) return begun;
    const upload = `/${bucket}/${key}?uploadId=${begun.one('UploadId')}`;
    const part = await send('PUT', `${upload}&partNumber=1`, { as: 'other', body: 'x' });
    const parts = `<Part><PartNumber>1</PartNumber><ETag>${part.header('etag')}</ETag></Part>`;
    const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
    return send('POST', upload, { as: 'other', body });
  },
};

const aclOf = async (bucket: string, key: string) => (await send('GET', `/${bucket}/${key}?acl`)).one('Grant');
const tagsOf = async (bucket: string, key: string) => (await send('GET', `/${bucket}/${key}?tagging`)).all('Value');

describe('what an upload takes', () => {
  it.each(Object.entries(ways))('[ObjCommon-27] %s: an ACL of its own is part of it', async (name, upload) => {
    const bucket = await newBucket();
    const acl = { 'x-oss-object-acl': 'public-read' };
    await setPolicy(bucket, { Action: ['oss:PutObjectAcl'] });
    expect((await upload(bucket, name, acl)).status).toBe(403);
    await setPolicy(bucket, { Action: ['oss:PutObject'] });
    expect((await upload(bucket, name, acl)).status).toBeLessThan(300);
    expect(await aclOf(bucket, name)).toBe('public-read');
    const later = await send('PUT', `/${bucket}/${name}?acl`, { as: 'other', headers: acl });
    expect(later.status).toBe(403);
    // What the service has for deployments that want it otherwise.
    const condition = { StringNotEquals: { 'oss:x-oss-object-acl': ['private'] } };
    const deny = { Effect: 'Deny', Action: ['oss:PutObject'], Condition: { ...condition } };
    const given = { StringLike: { 'oss:x-oss-object-acl': ['*'] } };
    await setPolicy(bucket, { Action: ['oss:PutObject'] }, { ...deny, Condition: { ...condition, ...given } });
    expect((await upload(bucket, `${name}-2`, acl)).status).toBe(403);
    expect((await send('HEAD', `/${bucket}/${name}-2`)).status).toBe(404);
    expect((await upload(bucket, `${name}-2`, { 'x-oss-object-acl': 'private' })).status).toBeLessThan(300);
    expect((await upload(bucket, `${name}-3`, {})).status).toBeLessThan(300);
  });

  it('[CopyObject-16] [Sec-2] a copy brings its tags only where the caller may give tags', async () => {
    const bucket = await newBucket();
    const copy = (key: string, headers = {}) => ways.CopyObject!(bucket, key, headers);
    await setPolicy(bucket, { Action: ['oss:PutObject'] });
    expect((await copy('none')).status).toBe(200);
    expect(await tagsOf(bucket, 'none')).toEqual([]);
    const replaced = { 'x-oss-tagging-directive': 'Replace', 'x-oss-tagging': 'stage=public' };
    expect((await copy('refused', replaced)).status).toBe(403);
    await setPolicy(bucket, { Action: ['oss:PutObject', 'oss:PutObjectTagging'] });
    expect((await copy('tagged')).status).toBe(200);
    expect(await tagsOf(bucket, 'tagged')).toEqual(['public']);
    expect((await copy('replaced', replaced)).status).toBe(200);
    // Which tags, a policy may say.
    const tagged = { StringEquals: { 'oss:RequestObjectTag/stage': ['public'] } };
    const both = { Action: ['oss:PutObject', 'oss:PutObjectTagging'] };
    await setPolicy(bucket, both, { Effect: 'Deny', Action: ['oss:PutObjectTagging'], Condition: tagged });
    expect((await copy('denied')).status).toBe(200);
    expect(await tagsOf(bucket, 'denied')).toEqual([]);
    expect((await copy('denied', replaced)).status).toBe(403);
  });

  it('[CopyObject-16] an edit in place keeps the tags of whoever may read them', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'a', headers: { 'x-oss-tagging': 'stage=public' } });
    await setPolicy(bucket, { Action: ['oss:PutObject', 'oss:GetObject', 'oss:GetObjectTagging'] });
    const headers = { 'x-oss-copy-source': `/${bucket}/a`, 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': 'b' };
    expect((await send('PUT', `/${bucket}/a`, { as: 'other', headers })).status).toBe(200);
    expect(await tagsOf(bucket, 'a')).toEqual(['public']);
    expect((await send('HEAD', `/${bucket}/a`)).header('x-oss-meta-a')).toBe('b');
  });
});
