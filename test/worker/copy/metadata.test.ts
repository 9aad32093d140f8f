import { beforeAll, describe, expect, it } from 'vitest';
import { query, shardOfKey } from '../support/index.ts';
import { bytesOf } from '../support/multipart.ts';
import { type Answer, configure, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

const described = {
  'content-type': 'text/x-source',
  'cache-control': 'no-cache',
  'x-oss-meta-a': 'source',
  'x-oss-tagging': 'k=source',
};

async function copy(to: string, from: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await send('PUT', to, { headers: { 'x-oss-copy-source': from, ...headers } });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

/** What an object says of itself. */
async function metaOf(path: string): Promise<Record<string, string | null>> {
  const head = await send('HEAD', path);
  const names = ['content-type', 'cache-control', 'x-oss-meta-a', 'x-oss-meta-b'];
  return Object.fromEntries(names.map((name) => [name, head.header(name)]));
}

async function tagsOf(path: string): Promise<Record<string, string>> {
  const answer = await send('GET', `${path}?tagging`);
  expect(answer.status).toBe(200);
  const values = answer.all('Value');
  const tags = Object.fromEntries(answer.all('Key').map((key, i) => [key, values[i]!]));
  const count = Object.keys(tags).length;
  expect((await send('HEAD', path)).header('x-oss-tagging-count')).toBe(count === 0 ? null : String(count));
  return tags;
}

const source = {
  'content-type': 'text/x-source',
  'cache-control': 'no-cache',
  'x-oss-meta-a': 'source',
  'x-oss-meta-b': null,
};
const none = {
  'content-type': 'application/octet-stream',
  'cache-control': null,
  'x-oss-meta-a': null,
  'x-oss-meta-b': null,
};

describe('metadata of a copy', () => {
  it('[CopyObject-12] [CopyObject-15] is the source’s, whatever the request says', async () => {
    await send('PUT', `/${bucket}/s`, { body: 'x', headers: described });
    for (const directive of [{}, { 'x-oss-metadata-directive': 'COPY' }, { 'x-oss-metadata-directive': 'copy' }]) {
      await copy(`/${bucket}/c`, `/${bucket}/s`, { ...directive, 'x-oss-meta-b': '2', 'content-type': 'text/css' });
      expect(await metaOf(`/${bucket}/c`)).toEqual(source);
    }
  });

  it('[CopyObject-12] [CopyObject-15] is the request’s where it replaces, and none where it has none', async () => {
    await send('PUT', `/${bucket}/s`, { body: 'x', headers: described });
    for (const directive of ['REPLACE', 'Replace', 'replace']) {
      await copy(`/${bucket}/c`, `/${bucket}/s`, { 'x-oss-metadata-directive': directive, 'x-oss-meta-b': '2' });
      expect(await metaOf(`/${bucket}/c`)).toEqual({ ...none, 'x-oss-meta-b': '2' });
    }
    await copy(`/${bucket}/c`, `/${bucket}/s`, { 'x-oss-metadata-directive': 'REPLACE' });
    expect(await metaOf(`/${bucket}/c`)).toEqual(none);
  });

  it('[CopyObject-16] keeps tags apart from metadata', async () => {
    await send('PUT', `/${bucket}/s`, { body: 'x', headers: described });
    const replace = { 'x-oss-tagging-directive': 'Replace' };
    await copy(`/${bucket}/c`, `/${bucket}/s`, { 'x-oss-tagging': 'k=request', 'x-oss-metadata-directive': 'REPLACE' });
    expect(await tagsOf(`/${bucket}/c`)).toEqual({ k: 'source' });
    await copy(`/${bucket}/c`, `/${bucket}/s`, { ...replace, 'x-oss-tagging': 'k=request' });
    expect(await tagsOf(`/${bucket}/c`)).toEqual({ k: 'request' });
    expect(await metaOf(`/${bucket}/c`)).toEqual(source);
    await copy(`/${bucket}/c`, `/${bucket}/s`, replace);
    expect(await tagsOf(`/${bucket}/c`)).toEqual({});
    await copy(`/${bucket}/c`, `/${bucket}/s`, { 'x-oss-tagging-directive': 'COPY' });
    expect(await tagsOf(`/${bucket}/c`)).toEqual({ k: 'source' });
  });
});

describe('an object that is copied onto itself', () => {
  const path = () => `/${bucket}/self`;

  it.each([
    ['no directive and no metadata', {}, source],
    ['COPY and no metadata', { 'x-oss-metadata-directive': 'COPY' }, source],
    [
      'COPY and metadata',
      { 'x-oss-metadata-directive': 'COPY', 'x-oss-meta-b': '2' },
      { ...none, 'x-oss-meta-b': '2' },
    ],
    ['no directive and metadata', { 'content-type': 'text/css' }, { ...none, 'content-type': 'text/css' }],
    [
      'REPLACE and metadata',
      { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': '2' },
      { ...none, 'x-oss-meta-a': '2' },
    ],
    ['REPLACE and no metadata', { 'x-oss-metadata-directive': 'REPLACE' }, none],
  ])('[CopyObject-13] [CopyObject-14] with %s', async (_, headers, expected) => {
    await send('PUT', path(), { body: bytesOf(10_000), headers: described });
    await copy(path(), path(), headers);
    expect(await metaOf(path())).toEqual(expected);
    expect((await send('GET', path())).bytes).toEqual(bytesOf(10_000));
  });

  it('[CopyObject-14] keeps its blob', async () => {
    await send('PUT', path(), { body: bytesOf(10_000) });
    const shard = await shardOfKey(bucket, 'self');
    const row = "SELECT segments FROM version WHERE key = 'self'";
    const before = await query(shard, row);
    for (let i = 0; i < 3; i++) await copy(path(), path(), { 'x-oss-meta-a': String(i) });
    expect(await query(shard, row)).toEqual(before);
    const [[blob]] = JSON.parse(String(before[0]!.segments)) as [[string]];
    expect(await query(shard, 'SELECT holders, due FROM blob WHERE name = ?', blob)).toEqual([
      { holders: 1, due: null },
    ]);
  });

  it('[CopyObject-14] is edited by one of many at a time without bringing back what was replaced', async () => {
    const other = await newBucket();
    const at = `/${other}/k`;
    await send('PUT', at, { body: bytesOf(6_000, 1) });
    const edits = Array.from({ length: 8 }, (_, i) =>
      send('PUT', at, { headers: { 'x-oss-copy-source': at, 'x-oss-meta-a': String(i) } }),
    );
    const put = send('PUT', at, { body: bytesOf(7_000, 2) });
    const answers = await Promise.all([...edits, put]);
    for (const answer of answers) expect([200, 503]).toContain(answer.status);
    expect((await put).status).toBe(200);
    // Whatever came last: the content is the one that was put, never the one before.
    expect((await send('GET', at)).bytes).toEqual(bytesOf(7_000, 2));
    const shard = await shardOfKey(other, 'k');
    expect(await query(shard, 'SELECT count(*) AS n FROM blob WHERE holders = 1')).toEqual([{ n: 1 }]);
    expect(await query(shard, 'SELECT count(*) AS n FROM blob WHERE holders NOT IN (0, 1)')).toEqual([{ n: 0 }]);
  });

  it('[CopyObject-13] follows the directive where there are versions', async () => {
    const versioned = await newBucket();
    await configure(versioned, { versioning: 'Enabled' });
    const at = `/${versioned}/k`;
    const first = (await send('PUT', at, { body: 'x', headers: described })).header('x-oss-version-id');
    const second = (await copy(at, at, { 'x-oss-meta-b': '2' })).header('x-oss-version-id');
    expect(second).not.toBe(first);
    expect(await metaOf(at)).toEqual(source);
    await copy(at, at, { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-b': '2' });
    expect(await metaOf(at)).toEqual({ ...none, 'x-oss-meta-b': '2' });
    expect(await metaOf(`${at}?versionId=${first}`)).toEqual(source);
  });
});
