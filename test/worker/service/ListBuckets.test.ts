import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, accounts, configOf, expectRefusal, newBucket, send } from '../support/wire.ts';

/** Names sort as the serial number at their end: all are of one length. */
const names: string[] = [];

beforeAll(async () => {
  for (let i = 0; i < 5; i++)
    names.push(await newBucket({ host: i === 4 ? 'oss-cn-beijing.aliyuncs.com' : 'localhost' }));
});

const paging = ['Prefix', 'Marker', 'MaxKeys', 'IsTruncated', 'NextMarker'];

function shownPaging(answer: Answer): string[] {
  return paging.filter((element) => answer.has(element));
}

describe('ListBuckets', () => {
  it('[GetService-1] leaves all paging elements out where the answer is the whole account', async () => {
    const answer = await send('GET', '/');
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.all('Name')).toEqual(names);
    expect(shownPaging(answer)).toEqual([]);
  });

  it('[GetService-2] says what it left out where a prefix, a marker or the limit excluded some bucket', async () => {
    const prefix = names[1]!;
    const byPrefix = await send('GET', `/?prefix=${prefix}`);
    expect(byPrefix.all('Name')).toEqual([prefix]);
    expect(shownPaging(byPrefix)).toEqual(['Prefix', 'Marker', 'MaxKeys', 'IsTruncated']);
    expect(byPrefix.one('Prefix')).toBe(prefix);
    expect(byPrefix.one('IsTruncated')).toBe('false');
    const byMarker = await send('GET', `/?marker=${names[3]}`);
    expect(byMarker.all('Name')).toEqual([names[4]]);
    expect(byMarker.one('Marker')).toBe(names[3]);
    expect(byMarker.one('IsTruncated')).toBe('false');
    const harmless = await send('GET', '/?prefix=t&max-keys=1000');
    expect(harmless.all('Name')).toEqual(names);
    expect(shownPaging(harmless)).toEqual([]);
  });

  it('[GetService-3] [GetService-4] pages without gap or repetition, from a marker that need not exist', async () => {
    const seen: string[] = [];
    let marker = '';
    for (let page = 0; page < 3; page++) {
      const answer = await send('GET', `/?max-keys=2&marker=${marker}`);
      expect(answer.one('MaxKeys')).toBe('2');
      seen.push(...answer.all('Name'));
      const truncated = answer.one('IsTruncated') === 'true';
      expect(answer.one('NextMarker')).toBe(truncated ? seen.at(-1) : undefined);
      expect(truncated).toBe(page < 2);
      marker = answer.one('NextMarker') ?? '';
    }
    expect(seen).toEqual(names);
    const between = await send('GET', `/?marker=${names[2]}0`);
    expect(between.all('Name')).toEqual(names.slice(3));
  });

  it('[GetService-3] has its elements in the order of the reference', async () => {
    const { text } = await send('GET', `/?max-keys=1&marker=${names[0]}`);
    expect([...text.matchAll(/<([A-Za-z]+)[ />]/g)].map(([, name]) => name)).toEqual([
      'ListAllMyBucketsResult',
      'Prefix',
      'Marker',
      'MaxKeys',
      'IsTruncated',
      'NextMarker',
      'Owner',
      'ID',
      'DisplayName',
      'Buckets',
      'Bucket',
      'CreationDate',
      'ExtranetEndpoint',
      'IntranetEndpoint',
      'Location',
      'Name',
      'Region',
      'StorageClass',
    ]);
  });

  it('[GetService-5] shows 100 buckets where the request does not say how many', async () => {
    const answer = await send('GET', `/?marker=${names[0]}`);
    expect(answer.one('MaxKeys')).toBe('100');
  });

  it('[GetService-6] refuses max-keys outside of 1 to 1000, and a prefix that no bucket can have', async () => {
    for (const value of ['0', '1001', '-1', 'x', '1.5', '1e2', '99999999999999999999']) {
      const answer = await send('GET', `/?max-keys=${value}`);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('max-keys');
      expect(answer.one('ArgumentValue')).toBe(value);
    }
    for (const value of ['1', '1000']) expect((await send('GET', `/?max-keys=${value}`)).status).toBe(200);
    expectRefusal(await send('GET', '/?prefix=impossibleMatch'), 400, 'InvalidArgument');
    const none = await send('GET', '/?prefix=nothing-of-that-name');
    expect(none.status).toBe(200);
    expect(none.all('Name')).toEqual([]);
  });

  it('[GetService-7] shows the buckets of the caller of all regions, whatever endpoint is asked, and nobody else’s', async () => {
    const theirs = await newBucket({ as: 'other' });
    const elsewhere = await send('GET', '/', { host: 'oss-cn-beijing.aliyuncs.com' });
    expect(elsewhere.all('Name')).toEqual(names);
    const other = await send('GET', '/', { as: 'other' });
    expect(other.all('Name')).toEqual([theirs]);
    expect(other.one('ID')).toBe(accounts.other);
    // A RAM user sees the account's, where a policy lets it.
    expect((await send('GET', '/', { as: 'reader' })).all('Name')).toEqual(names);
    expectRefusal(await send('GET', '/', { as: 'user' }), 403, 'AccessDenied');
  });

  it('[GetService-8] gives the owner’s id as display name too', async () => {
    const answer = await send('GET', '/');
    expect(answer.all('ID')).toEqual([accounts.owner]);
    expect(answer.all('DisplayName')).toEqual([accounts.owner]);
  });

  it('[GetService-9] names location, region and endpoints of each bucket', async () => {
    const answer = await send('GET', '/');
    expect(answer.all('Location')).toEqual([...Array(4).fill('oss-cn-hangzhou'), 'oss-cn-beijing']);
    expect(answer.all('Region')).toEqual([...Array(4).fill('cn-hangzhou'), 'cn-beijing']);
    expect(answer.all('ExtranetEndpoint')).toEqual([...Array(4).fill('localhost'), 'oss-cn-beijing.aliyuncs.com']);
    expect(answer.all('IntranetEndpoint').at(-1)).toBe('oss-cn-beijing-internal.aliyuncs.com');
    const created = (await configOf(names[0]!)).created;
    expect(answer.all('CreationDate')[0]).toBe(`${new Date(created).toISOString().slice(0, 19)}.000Z`);
    expect(answer.all('StorageClass')).toEqual(Array(5).fill('Standard'));
  });

  it('[GetService-10] answers an account without buckets with an owner and an empty list', async () => {
    const directory = env.DIRECTORY.get(env.DIRECTORY.idFromName(accounts.other));
    const { buckets } = await directory.list({ prefix: '', marker: '', limit: 1_000 });
    for (const { name } of buckets) expect((await send('DELETE', `/${name}`, { as: 'other' })).status).toBe(204);
    const answer = await send('GET', '/', { as: 'other' });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/<\/Owner><Buckets(\/>|><\/Buckets>)<\/ListAllMyBucketsResult>/);
  });

  it('[GetService-11] refuses anonymous callers', async () => {
    expectRefusal(await send('GET', '/', { as: 'anonymous' }), 403, 'AccessDenied');
  });

  it('shows the resource group of buckets only where it is asked by one', async () => {
    const header = { 'x-oss-resource-group-id': 'rg-default-id' };
    expect((await send('GET', '/', { headers: header })).all('ResourceGroupId')).toEqual(
      Array(5).fill('rg-default-id'),
    );
    expect((await send('GET', '/')).all('ResourceGroupId')).toEqual([]);
    const others = await send('GET', '/', { headers: { 'x-oss-resource-group-id': 'rg-other' } });
    expect(others.all('Name')).toEqual([]);
  });
});
