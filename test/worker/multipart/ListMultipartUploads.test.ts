import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/lib/order.ts';
import { bytesOf, complete, initiate, putPart } from '../support/multipart.ts';
import { type Answer, expectRefusal, newBucket, send, shardedBucket } from '../support/wire.ts';

/** Begins an upload of each key. @returns `key id`, in the order of a listing */
async function begin(bucket: string, keys: readonly string[]): Promise<string[]> {
  const named = await Promise.all(
    keys.map(async (key) => ({ key, id: await initiate(`/${bucket}/${encodeURIComponent(key)}`) })),
  );
  return named
    .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.id, b.id))
    .map(({ key, id }) => `${key} ${id}`);
}

function uploads(answer: Answer): string[] {
  return [...answer.text.matchAll(/<Upload><Key>(.*?)<\/Key><UploadId>(.*?)<\/UploadId>/g)].map(
    ([, key, id]) => `${key} ${id}`,
  );
}

/** All pages of a listing. */
async function pages(bucket: string, query: string): Promise<Answer[]> {
  const all: Answer[] = [];
  for (let marker = ''; ; ) {
    const answer = await send('GET', `/${bucket}?uploads&${query}${marker}`);
    expect(answer.status, answer.text).toBe(200);
    all.push(answer);
    if (answer.one('IsTruncated') === 'false') return all;
    const key = encodeURIComponent(answer.one('NextKeyMarker')!);
    marker = `&key-marker=${key}&upload-id-marker=${answer.one('NextUploadIdMarker')}`;
  }
}

describe.each([1, 4, 16])('ListMultipartUploads of %i shards', (shards) => {
  it('[ListMultipartUploads-1] [ListMultipartUploads-2] orders by key and then by id, on pages of any size', async () => {
    const bucket = await shardedBucket(shards);
    const keys = ['a', 'a', 'a', 'a/b', 'b', 'b', '\u{1f600}', '\ue000', 'z', '1', ...'cdefghij'];
    const expected = await begin(bucket, keys);
    for (const limit of [1, 3, 7, 1_000]) {
      const all = await pages(bucket, `max-uploads=${limit}`);
      expect(all.flatMap(uploads)).toEqual(expected);
      for (const page of all) expect(uploads(page).length).toBeLessThanOrEqual(limit);
      expect(all.length).toBe(Math.ceil(expected.length / limit));
    }
  });

  it('[ListMultipartUploads-3] groups by a delimiter, each group once and over all shards', async () => {
    const bucket = await shardedBucket(shards);
    const keys = [...Array.from({ length: 20 }, (_, i) => `dir/${i}`), 'dir', 'dis', 'dirt/x', 'dir/sub/y', 'e/f'];
    const expected = await begin(bucket, keys);
    const all = await send('GET', `/${bucket}?uploads&delimiter=/`);
    expect(all.all('Prefix').slice(1)).toEqual(['dir/', 'dirt/', 'e/']);
    expect(uploads(all)).toEqual(expected.filter((upload) => !upload.includes('/')));
    const inside = await send('GET', `/${bucket}?uploads&delimiter=/&prefix=dir/`);
    expect(inside.all('Prefix')).toEqual(['dir/', 'dir/sub/']);
    expect(uploads(inside)).toHaveLength(20);
    // Each counts as one entry, and a page may end with one.
    const paged = await pages(bucket, 'delimiter=/&max-uploads=1');
    expect(paged.map((page) => page.one('NextKeyMarker'))).toEqual(['dir', 'dir/', 'dirt/', 'dis', 'e/']);
    expect(paged.map((page) => page.one('NextUploadIdMarker'))).toEqual([
      expect.stringMatching(/^[0-9A-F]{32}$/),
      '',
      '',
      expect.stringMatching(/^[0-9A-F]{32}$/),
      '',
    ]);
  });
});

describe('ListMultipartUploads', () => {
  it('[ListMultipartUploads-4] [ListMultipartUploads-5] [ListMultipartUploads-8] has the documented shape', async () => {
    const bucket = await newBucket();
    const empty = await send('GET', `/${bucket}?uploads`);
    expect(empty.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListMultipartUploadsResult>' +
        `<Bucket>${bucket}</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker><NextKeyMarker></NextKeyMarker>` +
        '<NextUploadIdMarker></NextUploadIdMarker><Delimiter></Delimiter><Prefix></Prefix><MaxUploads>1000</MaxUploads>' +
        '<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>',
    );
    const id = await initiate(`/${bucket}/k`, { headers: { 'x-oss-storage-class': 'IA' } });
    const one = await send('GET', `/${bucket}?uploads`);
    expect(one.header('content-type')).toBe('application/xml');
    // The last entry, though there are no more.
    expect(one.one('NextKeyMarker')).toBe('k');
    expect(one.one('NextUploadIdMarker')).toBe(id);
    expect(one.text).toContain(
      `<Upload><Key>k</Key><UploadId>${id}</UploadId><StorageClass>IA</StorageClass><Initiated>${one.one('Initiated')}</Initiated></Upload>`,
    );
    expect(one.one('Initiated')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it('[ListMultipartUploads-2] starts behind its markers', async () => {
    const bucket = await newBucket();
    const all = await begin(bucket, ['a', 'b', 'b', 'c']);
    const [, first, second] = all as [string, string, string];
    const from = async (query: string) => uploads(await send('GET', `/${bucket}?uploads&${query}`));
    expect(await from('key-marker=a')).toEqual(all.slice(1));
    expect(await from('key-marker=b')).toEqual(all.slice(3));
    expect(await from(`key-marker=b&upload-id-marker=${first.split(' ')[1]}`)).toEqual(all.slice(2));
    expect(await from(`key-marker=b&upload-id-marker=${second.split(' ')[1]}`)).toEqual(all.slice(3));
    expect(await from(`key-marker=aa&upload-id-marker=${first.split(' ')[1]}`)).toEqual(all.slice(1));
    // Without a key the id does not count.
    expect(await from(`upload-id-marker=${second.split(' ')[1]}`)).toEqual(all);
    expect(await from('prefix=b')).toEqual(all.slice(1, 3));
    expect(await from('prefix=b&key-marker=a')).toEqual(all.slice(1, 3));
    expect(await from('prefix=b&key-marker=bb')).toEqual([]);
  });

  it('[ListMultipartUploads-6] encodes all that may hold a key', async () => {
    const bucket = await newBucket();
    await begin(bucket, ['p é/1', 'p é/d &/2']);
    const query = 'encoding-type=url&delimiter=%2F&prefix=p%20%C3%A9%2F&key-marker=p%20%C3%A9%2F%2B';
    const answer = await send('GET', `/${bucket}?uploads&${query}`);
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Key')).toBe('p%20%C3%A9%2F1');
    expect(answer.all('Prefix')).toEqual(['p%20%C3%A9%2F', 'p%20%C3%A9%2Fd%20%26%2F']);
    expect(answer.one('Delimiter')).toBe('%2F');
    expect(answer.one('KeyMarker')).toBe('p%20%C3%A9%2F%2B');
    expect(answer.one('NextKeyMarker')).toBe('p%20%C3%A9%2Fd%20%26%2F');
    expectRefusal(await send('GET', `/${bucket}?uploads&encoding-type=utf8`), 400, 'InvalidArgument');
  });

  it('[ListMultipartUploads-7] shows no upload that has ended', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const [done, aborted, open] = await Promise.all([initiate(path), initiate(path), initiate(path)]);
    const etag = await putPart(path, done, 1, bytesOf(3));
    await complete(path, done, [{ number: 1, etag }]);
    await send('DELETE', `${path}?uploadId=${aborted}`);
    expect((await send('GET', `/${bucket}?uploads`)).all('UploadId')).toEqual([open]);
  });

  it('[ListMultipartUploads-9] refuses counts outside 1 to 1,000, and parameters that are too long', async () => {
    const bucket = await newBucket();
    for (const query of ['max-uploads=0', 'max-uploads=1001', 'max-uploads=x', 'max-uploads=-1']) {
      expectRefusal(await send('GET', `/${bucket}?uploads&${query}`), 400, 'InvalidArgument');
    }
    for (const name of ['prefix', 'delimiter', 'key-marker', 'upload-id-marker']) {
      expectRefusal(await send('GET', `/${bucket}?uploads&${name}=${'x'.repeat(1_024)}`), 400, 'InvalidArgument');
    }
    expect((await send('GET', `/${bucket}?uploads&max-uploads=1000`)).one('MaxUploads')).toBe('1000');
  });

  it('[ListMultipartUploads-10] needs leave to list', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('GET', `/${bucket}?uploads`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${bucket}?uploads`, { as: 'reader' })).status).toBe(200);
  });

  it('[ListMultipartUploads-E1] knows no bucket that is not there', async () => {
    expectRefusal(await send('GET', '/no-such-bucket-of-uploads?uploads'), 404, 'NoSuchBucket');
  });

  it('[GetBucketStat-5] counts into the statistics of the bucket', async () => {
    const bucket = await shardedBucket(4);
    await begin(bucket, ['a', 'b', 'c', 'c', 'd', 'e']);
    expect((await send('GET', `/${bucket}?stat`)).one('MultipartUploadCount')).toBe('6');
  });
});
