import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { shardOfBucket } from '../support/index.ts';
import {
  brief,
  done,
  type Entry,
  entriesOf,
  listVersions,
  mark,
  newVersionedBucket,
  put,
  putVersion,
  setVersioning,
  textIn,
} from '../support/versions.ts';
import { type Answer, accounts, newBucket, send, shardedBucket } from '../support/wire.ts';

/** Lists all pages of `limit` entries. */
async function pages(bucket: string, limit: number, query = ''): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let markers = ''; ; ) {
    const answer = await done('GET', `/${bucket}?versions&max-keys=${limit}${query}${markers}`);
    answers.push(answer);
    if (answer.one('IsTruncated') === 'false') return answers;
    const key = encodeURIComponent(answer.one('NextKeyMarker') ?? 'missing');
    markers = `&key-marker=${key}&version-id-marker=${answer.one('NextVersionIdMarker')}`;
    if (answers.length > 100) throw new Error('no end');
  }
}

const briefly = (entries: readonly Entry[]) => entries.map(brief);

describe('ListObjectVersions of a bucket with a history', () => {
  let bucket: string;
  /** Ids of `example` as in the reference: two versions and a marker between them. */
  let old: string;
  let marker: string;
  let latest: string;
  let pic: string;

  beforeAll(async () => {
    bucket = await newVersionedBucket();
    pic = await putVersion(bucket, 'pic.jpg');
    old = await putVersion(bucket, 'example', 'old');
    marker = await mark(bucket, 'example');
    latest = await putVersion(bucket, 'example', 'latest one');
  });

  it('[GetBucketVersions-1] [GetBucketVersions-2] has keys in order, of each the newest first, markers among them', async () => {
    expect(briefly(await listVersions(bucket))).toEqual([
      `example@${latest}*`,
      `example@${marker}!`,
      `example@${old}`,
      `pic.jpg@${pic}*`,
    ]);
  });

  it('[GetBucketVersions-2] says the opposite of ListObjects about markers', async () => {
    const hidden = await newVersionedBucket();
    await putVersion(hidden, 'k');
    const id = await mark(hidden, 'k');
    expect((await done('GET', `/${hidden}`)).has('Contents')).toBe(false);
    expect((await listVersions(hidden))[0]).toMatchObject({ element: 'DeleteMarker', version: id, latest: true });
  });

  it('[GetBucketVersions-3] refuses a version-id-marker without a key-marker', async () => {
    for (const query of [
      `version-id-marker=${latest}`,
      `version-id-marker=${latest}&key-marker=`,
      'version-id-marker=null',
    ]) {
      const answer = await send('GET', `/${bucket}?versions&${query}`);
      expect([answer.status, answer.code], query).toEqual([400, 'InvalidArgument']);
    }
    expect((await listVersions(bucket, '&version-id-marker=&key-marker=')).length).toBe(4);
  });

  it('[GetBucketVersions-4] starts behind all of key-marker when it stands alone', async () => {
    expect(briefly(await listVersions(bucket, '&key-marker=example'))).toEqual([`pic.jpg@${pic}*`]);
    expect((await listVersions(bucket, '&key-marker=exampl')).length).toBe(4);
    expect(await listVersions(bucket, '&key-marker=pic.jpg')).toEqual([]);
  });

  it('[GetBucketVersions-5] goes on with the older versions of key-marker when both are given', async () => {
    const behind = (id: string) => listVersions(bucket, `&key-marker=example&version-id-marker=${id}`);
    expect(briefly(await behind(latest))).toEqual([`example@${marker}!`, `example@${old}`, `pic.jpg@${pic}*`]);
    expect(briefly(await behind(marker))).toEqual([`example@${old}`, `pic.jpg@${pic}*`]);
    expect(briefly(await behind(old))).toEqual([`pic.jpg@${pic}*`]);
  });

  it('[GetBucketVersions-6] [GetBucketVersions-7] names the last entry of a full page in both markers, and counts markers', async () => {
    const answers = await pages(bucket, 1);
    expect(answers.map((answer) => briefly(entriesOf(answer)))).toEqual([
      [`example@${latest}*`],
      [`example@${marker}!`],
      [`example@${old}`],
      [`pic.jpg@${pic}*`],
    ]);
    expect(answers[1]!.one('NextKeyMarker')).toBe('example');
    expect(answers[1]!.one('NextVersionIdMarker')).toBe(marker);
    expect(answers[2]!.one('VersionIdMarker')).toBe(marker);
    const last = answers[3]!;
    expect([last.has('NextKeyMarker'), last.has('NextVersionIdMarker')]).toEqual([false, false]);
    const exact = await done('GET', `/${bucket}?versions&max-keys=4`);
    expect(exact.one('IsTruncated')).toBe('false');
  });

  it('[GetBucketVersions-8] has 100 entries by default, 1,000 at most', async () => {
    expect((await done('GET', `/${bucket}?versions`)).one('MaxKeys')).toBe('100');
    for (const count of ['0', '1001', '-1', 'ten']) {
      const answer = await send('GET', `/${bucket}?versions&max-keys=${count}`);
      expect([answer.status, answer.code], count).toEqual([400, 'InvalidArgument']);
    }
    expect((await done('GET', `/${bucket}?versions&max-keys=1000`)).one('MaxKeys')).toBe('1000');
  });

  it('[GetBucketVersions-11] tells five things of a marker and nothing that it has not', async () => {
    const entry = (await listVersions(bucket)).find(({ element }) => element === 'DeleteMarker')!;
    expect([...entry.xml.matchAll(/<(\w+)>/g)].map(([, name]) => name)).toEqual([
      'Key',
      'VersionId',
      'IsLatest',
      'LastModified',
      'Owner',
      'ID',
      'DisplayName',
    ]);
    expect(textIn(entry.xml, 'ID')).toBe(accounts.owner);
    expect(textIn(entry.xml, 'LastModified')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it('[GetBucketVersions-9] tells all of a version, with its own size and ETag', async () => {
    const [first, , third] = await listVersions(bucket);
    expect([...first!.xml.matchAll(/<(\w+)>/g)].map(([, name]) => name)).toEqual([
      'Key',
      'VersionId',
      'IsLatest',
      'LastModified',
      'ETag',
      'Type',
      'Size',
      'StorageClass',
      'Owner',
      'ID',
      'DisplayName',
    ]);
    expect([textIn(first!.xml, 'Size'), textIn(third!.xml, 'Size')]).toEqual(['10', '3']);
    expect(textIn(first!.xml, 'ETag')).toMatch(/^"[0-9A-F]{32}"$/);
    expect(textIn(first!.xml, 'Type')).toBe('Normal');
    expect([first!.latest, third!.latest]).toEqual([true, false]);
  });

  it('[GetBucketVersions-12] repeats its parameters even where they are empty', async () => {
    const answer = await done('GET', `/${bucket}?versions`);
    expect(answer.text).toContain('<ListVersionsResult>');
    expect(answer.one('Name')).toBe(bucket);
    for (const name of ['Prefix', 'KeyMarker', 'VersionIdMarker', 'Delimiter']) expect(answer.one(name), name).toBe('');
    expect(answer.has('EncodingType')).toBe(false);
    const given = await done(
      'GET',
      `/${bucket}?versions&prefix=ex&delimiter=/&key-marker=example&version-id-marker=${old}`,
    );
    expect(['Prefix', 'KeyMarker', 'VersionIdMarker', 'Delimiter'].map((name) => given.one(name))).toEqual([
      'ex',
      'example',
      old,
      '/',
    ]);
    expect(entriesOf(given)).toEqual([]);
  });

  it('[GetBucketVersions-16] refuses a marker that can be no version, and skips a key that is gone', async () => {
    const answer = await send('GET', `/${bucket}?versions&key-marker=example&version-id-marker=111222`);
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
    expect(briefly(await listVersions(bucket, `&key-marker=gone&version-id-marker=${old}`))).toEqual([
      `pic.jpg@${pic}*`,
    ]);
  });

  it('[GetBucketVersions-17] is for the owner and users with the permission', async () => {
    const open = await newVersionedBucket('Enabled', { acl: 'public-read-write' });
    for (const as of ['other', 'anonymous', 'user'] as const) {
      const answer = await send('GET', `/${open}?versions`, { as });
      expect([answer.status, answer.code], as).toEqual([403, 'AccessDenied']);
    }
    expect((await send('GET', `/missing-${open}?versions`)).code).toBe('NoSuchBucket');
  });

  it('[Hns-1] is refused in a hierarchical bucket', async () => {
    const flat = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await send('GET', `/${flat}?versions`)).code).toBe('OperationNotSupported');
  });
});

describe('ListObjectVersions', () => {
  it('[GetBucketVersions-10] works without versioning: one version `null` of each key', async () => {
    const bucket = await newBucket();
    await put(bucket, 'a');
    await put(bucket, 'b', 'first');
    await put(bucket, 'b', 'second');
    expect(briefly(await listVersions(bucket))).toEqual(['a@null*', 'b@null*']);
  });

  it('[GetBucketVersions-9] has exactly one latest of each key, through all that can happen to it', async () => {
    const bucket = await newBucket();
    const latest = async () => {
      const entries = await listVersions(bucket);
      expect(entries.filter((entry) => entry.latest).map(({ key }) => key)).toEqual([
        ...new Set(entries.map(({ key }) => key)),
      ]);
      return entries.find((entry) => entry.latest)?.version;
    };
    await put(bucket, 'k');
    expect(await latest()).toBe('null');
    await setVersioning(bucket, 'Enabled');
    const one = await putVersion(bucket, 'k', '1');
    const two = await putVersion(bucket, 'k', '2');
    const marker = await mark(bucket, 'k');
    expect(await latest()).toBe(marker);
    await done('DELETE', `/${bucket}/k?versionId=${one}`);
    expect(await latest()).toBe(marker);
    await done('DELETE', `/${bucket}/k?versionId=${marker}`);
    expect(await latest()).toBe(two);
    await done('DELETE', `/${bucket}/k?versionId=${two}`);
    expect(await latest()).toBe('null');
  });

  it('[GetBucketVersions-13] encodes keys, markers, prefix and delimiter where it is asked to', async () => {
    const bucket = await newVersionedBucket();
    const key = 'dir/a b&\u0007标';
    const path = encodeURIComponent(key);
    await putVersion(bucket, path, '1');
    const id = await putVersion(bucket, path, '2');
    const answer = await done('GET', `/${bucket}?versions&encoding-type=url&max-keys=1&prefix=dir%2F&delimiter=%7C`);
    const encoded = encodeURIComponent(key);
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Key')).toBe(encoded);
    expect([answer.one('Prefix'), answer.one('Delimiter')]).toEqual(['dir%2F', '%7C']);
    expect([answer.one('NextKeyMarker'), answer.one('NextVersionIdMarker')]).toEqual([encoded, id]);
    const next = await done('GET', `/${bucket}?versions&encoding-type=url&key-marker=${path}&version-id-marker=${id}`);
    expect([next.one('KeyMarker'), next.one('VersionIdMarker')]).toEqual([encoded, id]);
    expect(entriesOf(next)).toHaveLength(1);
    const bad = await send('GET', `/${bucket}?versions&encoding-type=utf8`);
    expect([bad.status, bad.code]).toEqual([400, 'InvalidArgument']);
  });

  it('[GetBucketVersions-13] gives control characters as they are without an encoding', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, '%01', 'x');
    expect((await done('GET', `/${bucket}?versions`)).text).toContain('<Key>\u0001</Key>');
  });

  it('[GetBucketVersions-14] tells the restoration of each version', async () => {
    const bucket = await newVersionedBucket();
    const archive = { 'x-oss-storage-class': 'Archive' };
    for (const key of ['never', 'over', 'ready', 'running']) await putVersion(bucket, key, key, archive);
    const now = Date.now();
    const { shard } = await shardOfBucket(bucket);
    await runInDurableObject(shard, (_, state) => {
      const times = { over: [-3, -2, -1], ready: [-2, -1, 3_600], running: [-1, 3_600, 7_200] };
      for (const [key, [requested, ready, expires]] of Object.entries(times)) {
        const restore = { requested: now + requested! * 1e3, ready: now + ready! * 1e3, expires: now + expires! * 1e3 };
        state.storage.sql.exec('UPDATE version SET restore = ? WHERE key = ?', JSON.stringify(restore), key);
      }
    });
    const told = Object.fromEntries(
      (await listVersions(bucket)).map(({ key, xml }) => [key, textIn(xml, 'RestoreInfo')]),
    );
    expect(told.never).toBeUndefined();
    expect(told.over).toBeUndefined();
    expect(told.running).toBe('ongoing-request="true"');
    expect(told.ready).toBe(`ongoing-request="false", expiry-date="${new Date(now + 3_600e3).toUTCString()}"`);
  });

  it('[GetBucketVersions-15] [GetBucketVersions-7] rolls everything below a common prefix into one entry', async () => {
    const bucket = await newVersionedBucket();
    for (const key of ['a/1', 'a/2', 'b', 'c/x/1']) await putVersion(bucket, key);
    await putVersion(bucket, 'a/1', 'again');
    await mark(bucket, 'a/2');
    await mark(bucket, 'c/x/1');
    await putVersion(bucket, 'b', 'again');
    const whole = await done('GET', `/${bucket}?versions&delimiter=/`);
    expect(entriesOf(whole).map(({ key }) => key)).toEqual(['b', 'b']);
    expect([...whole.text.matchAll(/<CommonPrefixes><Prefix>([^<]*)</g)].map(([, prefix]) => prefix)).toEqual([
      'a/',
      'c/',
    ]);
    const below = await done('GET', `/${bucket}?versions&delimiter=/&prefix=a/`);
    expect(entriesOf(below)).toHaveLength(4);
    const answers = await pages(bucket, 1, '&delimiter=/');
    expect(answers).toHaveLength(4);
    expect(answers.map((answer) => answer.one('NextKeyMarker'))).toEqual(['a/', 'b', 'b', undefined]);
    expect(answers[0]!.one('NextVersionIdMarker')).toBe('');
  });

  it('[GetBucketVersions-1] lists in the order of UTF-8 bytes', async () => {
    const bucket = await newVersionedBucket();
    for (const key of ['\u{1F600}', '\uE000', 'a', 'Z', 'a!']) await putVersion(bucket, encodeURIComponent(key), 'x');
    const keys = (await listVersions(bucket)).map(({ key }) => key);
    expect(keys).toEqual(['Z', 'a', 'a!', '\uE000', '\u{1F600}']);
  });

  it('[GetBucketVersions-16] goes on behind versions that were deleted page by page', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'null');
    await setVersioning(bucket, 'Enabled');
    for (let i = 0; i < 5; i++) await putVersion(bucket, 'k', `${i}`);
    await putVersion(bucket, 'l');
    let seen = 0;
    for (let markers = ''; ; ) {
      const answer = await done('GET', `/${bucket}?versions&max-keys=2${markers}`);
      for (const { key, version } of entriesOf(answer)) {
        seen++;
        await done('DELETE', `/${bucket}/${key}?versionId=${version}`);
      }
      if (answer.one('IsTruncated') === 'false') break;
      markers = `&key-marker=${answer.one('NextKeyMarker')}&version-id-marker=${answer.one('NextVersionIdMarker')}`;
    }
    expect(seen).toBe(7);
    expect(await listVersions(bucket)).toEqual([]);
  });

  it('[GetBucketVersions-16] places a deleted version among those that are left, the null version too', async () => {
    const bucket = await newVersionedBucket();
    const old = await putVersion(bucket, 'k', 'old');
    const gone = await putVersion(bucket, 'k', 'gone');
    await done('DELETE', `/${bucket}/k?versionId=${gone}`);
    await setVersioning(bucket, 'Suspended');
    await new Promise((resolve) => setTimeout(resolve, 2));
    await putVersion(bucket, 'k', 'null');
    const behind = (id: string) => listVersions(bucket, `&key-marker=k&version-id-marker=${id}`);
    expect((await behind(gone)).map(({ version }) => version)).toEqual([old]);
    await done('DELETE', `/${bucket}/k?versionId=null`);
    expect((await behind('null')).map(({ version }) => version)).toEqual([old]);
    expect(await behind(old)).toEqual([]);
  });

  it('[GetBucketVersions-1] [GetBucketVersions-6] merges shards: the same in one page and in many', async () => {
    const bucket = await shardedBucket(4);
    await setVersioning(bucket, 'Enabled');
    const expected: string[] = [];
    for (let i = 0; i < 12; i++) {
      const key = `${'abc'[i % 3]}/${i.toString(36)}`;
      const first = await putVersion(bucket, key, '1');
      const second = i % 2 === 0 ? await putVersion(bucket, key, '2') : await mark(bucket, key);
      expected.push(`${key}@${second}${i % 2 === 0 ? '' : '!'}*`, `${key}@${first}`);
    }
    const sorted = [...expected].sort((a, b) =>
      a.split('@')[0]! < b.split('@')[0]! ? -1 : a.split('@')[0] === b.split('@')[0] ? 0 : 1,
    );
    expect(briefly(await listVersions(bucket))).toEqual(sorted);
    for (const limit of [1, 5, 23]) {
      const all = (await pages(bucket, limit)).flatMap((answer) => briefly(entriesOf(answer)));
      expect(all, `pages of ${limit}`).toEqual(sorted);
    }
    const grouped = await pages(bucket, 2, '&delimiter=/');
    expect(grouped.flatMap((answer) => answer.all('Prefix')).filter((prefix) => prefix !== '')).toEqual([
      'a/',
      'b/',
      'c/',
    ]);
  });
});
