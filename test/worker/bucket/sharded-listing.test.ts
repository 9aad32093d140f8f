import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { byBytes, type ListQuery, modelPage } from '../../support/list-model.ts';
import { type Answer, send, shardedBucket } from '../support/wire.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Directories, neighbours in byte order, characters of one to four bytes, and delimiters in odd places. */
const keys = [
  ...Array.from({ length: 20 }, (_, i) => `dir/${i}`),
  ...Array.from({ length: 8 }, (_, i) => `dir/sub/${i}`),
  ...Array.from({ length: 6 }, (_, i) => `dir${i}/x`),
  ...Array.from({ length: 6 }, (_, i) => `\u{1f600}/${i}`),
  ...['a', 'a/', 'a//b', 'a/b/c', 'a0', 'a-', 'a.', 'dir', 'dir-', 'dir.', 'z', '~'],
  ...[
    '\ue000',
    '\ue000/x',
    '\uffee',
    '\u{1f600}',
    '\u{1f601}',
    '\u{10ffff}',
    '\u{10ffff}/x',
    '\ud7ff/x',
    '中/文',
    '中',
    'é',
    'e\u0301',
  ],
];

const encode = encodeURIComponent;

async function fill(bucket: string, names: readonly string[]): Promise<void> {
  const statuses = await Promise.all(
    names.map(async (key) => (await send('PUT', `/${bucket}/${encode(key)}`, { body: key })).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
}

function shown(answer: Answer): { keys: string[]; prefixes: string[] } {
  const behind = answer.text.indexOf('<IsTruncated>');
  const prefixes = [...answer.text.slice(behind).matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g)];
  return {
    keys: answer.all('Key').map(decodeURIComponent),
    prefixes: prefixes.map(([, text]) => decodeURIComponent(text!)),
  };
}

function v1(bucket: string, { prefix, delimiter, marker, limit }: ListQuery): Promise<Answer> {
  const query = `prefix=${encode(prefix)}&delimiter=${encode(delimiter)}&marker=${encode(marker)}&max-keys=${limit}`;
  return send('GET', `/${bucket}?encoding-type=url&${query}`);
}

describe.each([1, 4, 16])('listings of a bucket with %i shards', (shards) => {
  let bucket: string;

  beforeAll(async () => {
    bucket = await shardedBucket(shards);
    await fill(bucket, keys);
  });

  it('[GetBucket-6] [GetBucket-8] page by page show what a sorted list shows', async () => {
    for (const [prefix, delimiter, limit] of [
      ['', '', 7],
      ['', '/', 1],
      ['', '/', 4],
      ['dir/', '/', 3],
      ['dir', '', 5],
      ['\u{1f600}', '/', 2],
      ['', 'ir', 3],
      ['nothing', '/', 10],
    ] as const) {
      let marker = '';
      for (let pages = 0; ; pages++) {
        const expected = modelPage(keys, { prefix, delimiter, marker, limit });
        const answer = await v1(bucket, { prefix, delimiter, marker, limit });
        expect(shown(answer)).toEqual({ keys: expected.keys, prefixes: expected.prefixes });
        expect(answer.one('IsTruncated')).toBe(String(expected.truncated));
        const next = answer.one('NextMarker');
        expect(next === undefined ? undefined : decodeURIComponent(next)).toBe(expected.next);
        if (expected.next === undefined) break;
        marker = expected.next;
        expect(pages).toBeLessThan(keys.length);
      }
    }
  });

  it('[GetBucket-5] [GetBucket-9] answer any query as a sorted list does', async () => {
    const part = fc
      .constantFrom(...keys)
      .chain((key) => fc.nat([...key].length).map((n) => [...key].slice(0, n).join('')));
    const query = fc.record({
      prefix: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, part),
      delimiter: fc.constantFrom('', '/', '/', 'r', '//', '\u{1f600}', '\u{10ffff}'),
      marker: fc.oneof(fc.constant(''), part, fc.constantFrom(...keys)),
      limit: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(query, async (wanted) => {
        const answer = await v1(bucket, wanted);
        const { keys: names, prefixes, truncated, next } = modelPage(keys, wanted);
        expect(shown(answer)).toEqual({ keys: names, prefixes });
        expect(answer.one('IsTruncated')).toBe(String(truncated));
        const marker = answer.one('NextMarker');
        expect(marker === undefined ? undefined : decodeURIComponent(marker)).toBe(next);
      }),
      { numRuns: 60 },
    );
  });

  it('[GetBucketV2-3] [GetBucketV2-6] pass tokens from page to page, with and without a delimiter', async () => {
    for (const delimiter of ['', '/']) {
      const all = modelPage(keys, { prefix: '', delimiter, marker: '', limit: 1_000 });
      const found = { keys: [] as string[], prefixes: [] as string[] };
      let token = '';
      for (let more = true; more; ) {
        const query = `list-type=2&encoding-type=url&max-keys=9&delimiter=${encode(delimiter)}`;
        const answer = await send('GET', `/${bucket}?${query}&continuation-token=${token}`);
        const page = shown(answer);
        expect(answer.one('KeyCount')).toBe(String(page.keys.length + page.prefixes.length));
        found.keys.push(...page.keys);
        found.prefixes.push(...page.prefixes);
        token = answer.one('NextContinuationToken') ?? '';
        more = answer.one('IsTruncated') === 'true';
        expect(more).toBe(token !== '');
      }
      expect(found).toEqual({ keys: all.keys, prefixes: all.prefixes });
    }
  });

  it('[GetBucketV2-15] go on where they were when objects come and go between the pages', async () => {
    const own = await shardedBucket(shards);
    const names = Array.from({ length: 24 }, (_, i) => `k${String(i).padStart(2, '0')}`);
    await fill(own, names);
    const left = new Set(names);
    const seen: string[] = [];
    let marker = '';
    for (let more = true; more; ) {
      const answer = await v1(own, { prefix: '', delimiter: '', marker, limit: 5 });
      const page = shown(answer).keys;
      expect(page).toEqual(
        [...left]
          .sort(byBytes)
          .filter((key) => byBytes(key, marker) > 0)
          .slice(0, 5),
      );
      seen.push(...page);
      more = answer.one('IsTruncated') === 'true';
      marker = page.at(-1)!;
      // The marker itself goes, and so does what would come next; something new comes behind it, and before it.
      const next = [...left].sort(byBytes).find((key) => byBytes(key, marker) > 0);
      for (const key of [marker, next]) {
        if (key === undefined) continue;
        expect((await send('DELETE', `/${own}/${key}`)).status).toBe(204);
        left.delete(key);
      }
      if (more) {
        const born = [`${marker}-new`, `a${marker}`];
        await fill(own, born);
        for (const key of born) left.add(key);
      }
    }
    expect([...seen].sort(byBytes)).toEqual(seen);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('[DeleteMultipleObjects-17] [DeleteObject-1] remove keys of all shards in one batch, and only these', async () => {
    const own = await shardedBucket(shards);
    await fill(own, keys);
    const gone = keys.filter((_, i) => i % 2 === 0);
    const objects = [...gone, 'never there'].map((key) => `<Object><Key>${key}</Key></Object>`).join('');
    const body = new TextEncoder().encode(`<Delete>${objects}</Delete>`);
    const md5 = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('MD5', body))));
    const answer = await send('POST', `/${own}?delete`, { headers: { 'content-md5': md5 }, body });
    expect(answer.all('Key')).toEqual([...gone, 'never there']);
    const rest = shown(await v1(own, { prefix: '', delimiter: '', marker: '', limit: 1_000 })).keys;
    expect(rest).toEqual(keys.filter((key) => !gone.includes(key)).sort(byBytes));
  });
});
