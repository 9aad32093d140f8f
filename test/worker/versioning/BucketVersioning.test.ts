import { describe, expect, it } from 'vitest';
import {
  done,
  entriesOf,
  listVersions,
  mark,
  md5,
  newVersionedBucket,
  put,
  putVersion,
  setVersioning,
} from '../support/versions.ts';
import { configOf, configure, newBucket, send } from '../support/wire.ts';

const status = (text: string) => `<VersioningConfiguration><Status>${text}</Status></VersioningConfiguration>`;

async function stateOf(bucket: string): Promise<string | undefined> {
  return (await done('GET', `/${bucket}?versioning`)).one('Status');
}

describe('PutBucketVersioning', () => {
  it('[PutBucketVersioning-1] goes from none to Enabled to Suspended and back, never back to none', async () => {
    const bucket = await newBucket();
    expect(await stateOf(bucket)).toBeUndefined();
    for (const state of ['Enabled', 'Suspended', 'Enabled'] as const) {
      const answer = await send('PUT', `/${bucket}?versioning`, { body: status(state) });
      expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
      expect(await stateOf(bucket)).toBe(state);
    }
    expect((await send('PUT', `/${bucket}?versioning`, { body: status('Disabled') })).status).toBe(400);
    expect(await stateOf(bucket)).toBe('Enabled');
  });

  it('[PutBucketVersioning-2] refuses a wrong or missing Status with InvalidArgument', async () => {
    const bucket = await newBucket();
    for (const text of ['Disabled', 'enabled', 'ENABLED', '', 'Enabled Suspended']) {
      const answer = await send('PUT', `/${bucket}?versioning`, { body: status(text) });
      expect([answer.status, answer.code, answer.one('ArgumentName')], text).toEqual([
        400,
        'InvalidArgument',
        'Status',
      ]);
    }
    const missing = await send('PUT', `/${bucket}?versioning`, { body: '<VersioningConfiguration/>' });
    expect([missing.status, missing.code]).toEqual([400, 'InvalidArgument']);
    expect(missing.one('Message')).toBe('The Versioning element must be specified');
    expect(await stateOf(bucket)).toBeUndefined();
  });

  it('[Common-17] refuses what is no such document with MalformedXML', async () => {
    const bucket = await newBucket();
    for (const body of [
      '',
      'Enabled',
      '<Versioning><Status>Enabled</Status></Versioning>',
      '<VersioningConfiguration><Status>Enabled</Status>',
      '<VersioningConfiguration><Status>Enabled</Status><Status>Enabled</Status></VersioningConfiguration>',
      '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
      `<VersioningConfiguration><Status>${'x'.repeat(200_000)}</Status></VersioningConfiguration>`,
    ]) {
      const answer = await send('PUT', `/${bucket}?versioning`, { body });
      expect([answer.status, answer.code], body.slice(0, 80)).toEqual([400, 'MalformedXML']);
    }
    const wrongMd5 = { body: status('Enabled'), headers: { 'content-md5': md5('something else') } };
    expect((await send('PUT', `/${bucket}?versioning`, wrongMd5)).code).toBe('InvalidDigest');
    expect(await stateOf(bucket)).toBeUndefined();
  });

  it('[PutBucketVersioning-3] [PutObject-9] [ObjCommon-7] gives each new object an id of its own', async () => {
    const bucket = await newVersionedBucket();
    const ids = [
      await putVersion(bucket, 'k', '1'),
      await putVersion(bucket, 'k', '2'),
      await putVersion(bucket, 'k', '3'),
    ];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_.~-]{64}$/);
    for (const [i, id] of ids.entries()) {
      expect((await done('GET', `/${bucket}/k?versionId=${id}`)).text).toBe(`${i + 1}`);
    }
  });

  it('[PutBucketVersioning-4] [PutBucketVersioning-5] writes null versions while suspended, at most one of a key', async () => {
    const bucket = await newVersionedBucket();
    const kept = await putVersion(bucket, 'k', 'real');
    await setVersioning(bucket, 'Suspended');
    expect(await putVersion(bucket, 'k', 'null 1')).toBe('null');
    expect(await putVersion(bucket, 'k', 'null 2')).toBe('null');
    expect((await listVersions(bucket)).map(({ version }) => version)).toEqual(['null', kept]);
    expect((await done('GET', `/${bucket}/k?versionId=null`)).text).toBe('null 2');
    expect((await done('GET', `/${bucket}/k?versionId=${kept}`)).text).toBe('real');
  });

  it('[PutBucketVersioning-5] replaces a null version that lies below others', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'before');
    await setVersioning(bucket, 'Enabled');
    const kept = await putVersion(bucket, 'k', 'real');
    await setVersioning(bucket, 'Suspended');
    await putVersion(bucket, 'k', 'after');
    expect((await listVersions(bucket)).map(({ version }) => version)).toEqual(['null', kept]);
    expect((await done('GET', `/${bucket}/k?versionId=null`)).text).toBe('after');
  });

  it('[PutBucketVersioning-6] keeps an object from before as the version null', async () => {
    const bucket = await newBucket();
    expect(await put(bucket, 'k', 'before')).toBeNull();
    await setVersioning(bucket, 'Enabled');
    const first = await done('GET', `/${bucket}/k`);
    expect([first.text, first.header('x-oss-version-id')]).toEqual(['before', 'null']);
    const id = await putVersion(bucket, 'k', 'after');
    expect((await done('GET', `/${bucket}/k`)).header('x-oss-version-id')).toBe(id);
    expect((await done('GET', `/${bucket}/k?versionId=null`)).text).toBe('before');
  });

  it('[PutBucketVersioning-7] is refused where mirror rules bring objects in', async () => {
    const bucket = await newBucket();
    const rule = (redirect: string) =>
      `<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition>
       <HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect>${redirect}</Redirect>
       </RoutingRule></RoutingRules></WebsiteConfiguration>`;
    const mirror = rule('<RedirectType>Mirror</RedirectType><MirrorURL>http://example.com/</MirrorURL>');
    await done('PUT', `/${bucket}?website`, { body: mirror });
    const refused = await send('PUT', `/${bucket}?versioning`, { body: status('Enabled') });
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument']);
    expect(await stateOf(bucket)).toBeUndefined();
    const external = rule('<RedirectType>External</RedirectType><HostName>example.com</HostName>');
    await done('PUT', `/${bucket}?website`, { body: external });
    await setVersioning(bucket, 'Enabled');
    expect((await send('PUT', `/${bucket}?website`, { body: mirror })).status).toBe(400);
  });

  it('[PutBucketVersioning-1] is done whatever an old copy of the configuration says', async () => {
    const bucket = await newVersionedBucket('Enabled');
    await configure(bucket, { versioning: 'Suspended' });
    await setVersioning(bucket, 'Enabled');
    expect((await configOf(bucket)).versioning).toBe('Enabled');
  });

  it('[PutBucketVersioning-8] [Hns-1] is refused in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    for (const [method, body] of [
      ['PUT', status('Enabled')],
      ['GET', undefined],
    ] as const) {
      const answer = await send(method, `/${bucket}?versioning`, body === undefined ? {} : { body });
      expect([answer.status, answer.code]).toEqual([400, 'OperationNotSupported']);
    }
  });

  it('[PutBucketVersioning-9] can be suspended without ever having been enabled', async () => {
    const bucket = await newVersionedBucket('Suspended');
    expect(await stateOf(bucket)).toBe('Suspended');
    expect(await putVersion(bucket, 'k')).toBe('null');
  });

  it('[PutBucketVersioning-10] [ObjCommon-30] [PutObject-10] ignores x-oss-forbid-overwrite from the next request on', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    await put(bucket, 'k');
    const refused = await send('PUT', `/${bucket}/k`, { body: 'b', headers });
    expect([refused.status, refused.code]).toEqual([409, 'FileAlreadyExists']);
    for (const state of ['Enabled', 'Suspended'] as const) {
      await setVersioning(bucket, state);
      expect((await send('PUT', `/${bucket}/k`, { body: state, headers })).status).toBe(200);
    }
  });

  it('[PutBucketVersioning-11] needs the permission', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      const answer = await send('PUT', `/${bucket}?versioning`, { as, body: status('Enabled') });
      expect([answer.status, answer.code], as).toEqual([403, 'AccessDenied']);
    }
    expect(await stateOf(bucket)).toBeUndefined();
  });

  it('[ObjCommon-7] shows no version id anywhere while versioning was never set', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    for (const [method, path] of [
      ['GET', `/${bucket}/k`],
      ['HEAD', `/${bucket}/k`],
      ['HEAD', `/${bucket}/k?objectMeta`],
      ['GET', `/${bucket}/k?acl`],
      ['GET', `/${bucket}/k?tagging`],
      ['DELETE', `/${bucket}/k`],
    ] as const) {
      expect((await done(method, path)).header('x-oss-version-id'), `${method} ${path}`).toBeNull();
    }
  });
});

describe('GetBucketVersioning', () => {
  it('[GetBucketVersioning-1] [GetBucketVersioning-3] has only a root, without a namespace, where it was never set', async () => {
    const bucket = await newBucket();
    const answer = await done('GET', `/${bucket}?versioning`);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toMatch(/<VersioningConfiguration>\s*<\/VersioningConfiguration>$/);
    await setVersioning(bucket, 'Enabled');
    expect((await done('GET', `/${bucket}?versioning`)).text).toContain(
      '<VersioningConfiguration><Status>Enabled</Status>',
    );
  });

  it('[GetBucketVersioning-2] is for the owner and users with the permission', async () => {
    const bucket = await newVersionedBucket('Enabled', { acl: 'public-read' });
    for (const as of ['other', 'anonymous'] as const) {
      expect((await send('GET', `/${bucket}?versioning`, { as })).status, as).toBe(403);
    }
    expect((await send('GET', `/no-such-${bucket}?versioning`)).code).toBe('NoSuchBucket');
  });

  it('[GetBucketInfo-2] agrees with GetBucketInfo', async () => {
    const bucket = await newBucket();
    expect((await done('GET', `/${bucket}?bucketInfo`)).has('Versioning')).toBe(false);
    await setVersioning(bucket, 'Suspended');
    expect((await done('GET', `/${bucket}?bucketInfo`)).one('Versioning')).toBe('Suspended');
  });
});

describe('deleting a bucket with versions', () => {
  it('[DeleteBucket-2] counts older versions and delete markers as content', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k');
    const marker = await mark(bucket, 'k');
    expect((await send('DELETE', `/${bucket}`)).code).toBe('BucketNotEmpty');
    await done('DELETE', `/${bucket}/k?versionId=${id}`);
    expect((await send('DELETE', `/${bucket}`)).code).toBe('BucketNotEmpty');
    await done('DELETE', `/${bucket}/k?versionId=${marker}`);
    expect(entriesOf(await done('GET', `/${bucket}?versions`))).toEqual([]);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
  });
});
