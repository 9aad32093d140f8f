import { describe, expect, it } from 'vitest';
import { done, md5, newVersionedBucket, put, putVersion } from '../support/versions.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';

type Pair = readonly [key: string, value?: string];

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function document(tags: readonly Pair[]): string {
  const inner = tags.map(
    ([key, value]) =>
      `<Tag><Key>${escaped(key)}</Key>${value === undefined ? '' : `<Value>${escaped(value)}</Value>`}</Tag>`,
  );
  return `<Tagging><TagSet>${inner.join('')}</TagSet></Tagging>`;
}

function tag(bucket: string, key: string, tags: readonly Pair[], query = '') {
  return send('PUT', `/${bucket}/${key}?tagging${query}`, { body: document(tags) });
}

function tagsIn(answer: Answer): [string, string][] {
  return [...answer.text.matchAll(/<Tag><Key>([^<]*)<\/Key><Value>([^<]*)<\/Value><\/Tag>/g)].map(([, key, value]) => [
    key!,
    value!,
  ]);
}

async function tagsOf(bucket: string, key: string, query = ''): Promise<[string, string][]> {
  return tagsIn(await done('GET', `/${bucket}/${key}?tagging${query}`));
}

const numbered = (count: number): Pair[] => Array.from({ length: count }, (_, i) => [`k${i}`, `${i}`]);

describe('PutObjectTagging', () => {
  it('[PutObjectTagging-1] replaces all tags', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'old=1&other=2' });
    const answer = await tag(bucket, 'k', [
      ['a', '1'],
      ['b', '2'],
    ]);
    expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
    expect(answer.header('x-oss-version-id')).toBeNull();
    expect(await tagsOf(bucket, 'k')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('[PutObjectTagging-2] takes 10 tags, 128 and 256 characters, and knows upper from lower case', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    const most: Pair[] = [...numbered(8), ['K'.repeat(128), 'v'.repeat(256)], ['k'.repeat(128), '+ - = . _ : /']];
    expect((await tag(bucket, 'k', most)).status).toBe(200);
    expect(await tagsOf(bucket, 'k')).toEqual(most);
  });

  it('[PutObjectTagging-3] [PutObjectTagging-E2] refuses everything beyond with InvalidTag', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'kept=1' });
    const cases: [string, readonly Pair[]][] = [
      ['11 tags', numbered(11)],
      ['129 characters', [['k'.repeat(129), 'v']]],
      ['257 characters', [['k', 'v'.repeat(257)]]],
      ['&', [['a&b', 'v']]],
      ['%', [['a', '50%']]],
      ['@', [['a@b', 'v']]],
      ['tab', [['a', 'b\tc']]],
      [
        'twice',
        [
          ['a', '1'],
          ['a', '2'],
        ],
      ],
      ['empty key', [['', 'v']]],
    ];
    for (const [name, tags] of cases) {
      const answer = await tag(bucket, 'k', tags);
      expect([answer.status, answer.code], name).toEqual([400, 'InvalidTag']);
    }
    expect(
      (
        await tag(bucket, 'k', [
          ['a', '1'],
          ['a', '2'],
        ])
      ).one('Message'),
    ).toBe('Cannot provide multiple Tags with the same key');
    expect((await tag(bucket, 'k', [['a&', '1']])).one('Message')).toBe('The TagKey you have provided is invalid');
    expect(await tagsOf(bucket, 'k')).toEqual([['kept', '1']]);
  });

  it('[PutObjectTagging-3] [Common-16] refuses what is no such document, and a body that is not what its MD5 says', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    for (const body of [
      '',
      'a=1',
      '<Tagging/>',
      '<TagSet/>',
      '<Tagging><TagSet><Tag><Key>a</Key></TagSet></Tagging>',
      '<Tagging><TagSet><Tag><Name>a</Name></Tag></TagSet></Tagging>',
      `<Tagging><TagSet>${'<Tag><Key>a</Key></Tag>'.repeat(6_000)}</TagSet></Tagging>`,
    ]) {
      const answer = await send('PUT', `/${bucket}/k?tagging`, { body });
      expect([answer.status, answer.code], body.slice(0, 60)).toEqual([400, 'MalformedXML']);
    }
    const wrong = await send('PUT', `/${bucket}/k?tagging`, {
      body: document([['a', '1']]),
      headers: { 'content-md5': md5('x') },
    });
    expect([wrong.status, wrong.code]).toEqual([400, 'InvalidDigest']);
  });

  it('[PutObjectTagging-4] [DeleteObjectTagging-4] changes neither Last-Modified nor ETag', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    const seen = async () => {
      const head = await done('HEAD', `/${bucket}/k`);
      return [head.header('last-modified'), head.header('etag')];
    };
    const before = await seen();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await tag(bucket, 'k', [['a', '1']]);
    expect(await seen()).toEqual(before);
    await done('DELETE', `/${bucket}/k?tagging`);
    expect(await seen()).toEqual(before);
  });

  it('[PutObjectTagging-5] [GetObjectTagging-2] [DeleteObjectTagging-1] is about one version', async () => {
    const bucket = await newVersionedBucket();
    const old = await putVersion(bucket, 'k', 'old');
    const current = await putVersion(bucket, 'k', 'new');
    expect((await tag(bucket, 'k', [['age', '18']], `&versionId=${old}`)).header('x-oss-version-id')).toBe(old);
    expect(await tagsOf(bucket, 'k')).toEqual([]);
    expect((await tag(bucket, 'k', [['age', '19']])).header('x-oss-version-id')).toBe(current);
    expect(await tagsOf(bucket, 'k', `&versionId=${old}`)).toEqual([['age', '18']]);
    const removed = await done('DELETE', `/${bucket}/k?tagging&versionId=${old}`);
    expect([removed.status, removed.header('x-oss-version-id')]).toEqual([204, old]);
    expect(await tagsOf(bucket, 'k', `&versionId=${old}`)).toEqual([]);
    expect(await tagsOf(bucket, 'k')).toEqual([['age', '19']]);
    const unknown = `CAEQ${'0'.repeat(60)}`;
    expect((await tag(bucket, 'k', [['a', '1']], `&versionId=${unknown}`)).code).toBe('NoSuchVersion');
    expect((await tag(bucket, 'k', [['a', '1']], '&versionId=x')).code).toBe('InvalidArgument');
    expect((await send('DELETE', `/${bucket}/k?tagging&versionId=${unknown}`)).code).toBe('NoSuchVersion');
  });

  it('[PutObjectTagging-6] takes what stands in the document for what it is', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    expect((await tag(bucket, 'k', [['a+b', 'c+d']])).status).toBe(200);
    expect(await tagsOf(bucket, 'k')).toEqual([['a+b', 'c+d']]);
    expect((await tag(bucket, 'k', [['a%20b', '']])).code).toBe('InvalidTag');
  });

  it('[PutObjectTagging-7] takes empty values and an empty set', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    expect((await tag(bucket, 'k', [['a'], ['b', '']])).status).toBe(200);
    expect(await tagsOf(bucket, 'k')).toEqual([
      ['a', ''],
      ['b', ''],
    ]);
    const keyless = await send('PUT', `/${bucket}/k?tagging`, {
      body: '<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>',
    });
    expect([keyless.status, keyless.code]).toEqual([400, 'InvalidTag']);
    expect((await tag(bucket, 'k', [])).status).toBe(200);
    expect(await tagsOf(bucket, 'k')).toEqual([]);
    expect((await done('HEAD', `/${bucket}/k`)).header('x-oss-tagging-count')).toBeNull();
  });

  it('[PutObjectTagging-E3] [GetObjectTagging-E1] [DeleteObjectTagging-E1] answers 404 for an object that is not there', async () => {
    const bucket = await newBucket();
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const answer = await send(
        method,
        `/${bucket}/k?tagging`,
        method === 'PUT' ? { body: document([['a', '1']]) } : {},
      );
      expect([answer.status, answer.code, answer.one('Key')], method).toEqual([404, 'NoSuchKey', 'k']);
    }
  });
});

describe('GetObjectTagging', () => {
  it('[GetObjectTagging-1] answers an empty set for an object without tags', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    const answer = await done('GET', `/${bucket}/k?tagging`);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toMatch(/<Tagging><TagSet><\/TagSet><\/Tagging>$/);
  });

  it('[GetObjectTagging-3] [GetObjectTagging-4] keeps the order given, blanks at the ends, and escapes as XML does', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    const tags: Pair[] = [
      ['10', 'b'],
      ['9', ' a '],
      ['__proto__', 'c'],
      ['标签', '值'],
    ];
    expect((await tag(bucket, 'k', tags)).status).toBe(200);
    expect(await tagsOf(bucket, 'k')).toEqual(tags);
  });
});

describe('DeleteObjectTagging', () => {
  it('[DeleteObjectTagging-1] [DeleteObjectTagging-2] removes the tags, not the object; twice is fine', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'a=1' });
    for (let i = 0; i < 2; i++) {
      const answer = await send('DELETE', `/${bucket}/k?tagging`);
      expect([answer.status, answer.text]).toEqual([204, '']);
    }
    expect(await tagsOf(bucket, 'k')).toEqual([]);
    expect((await done('GET', `/${bucket}/k`)).text).toBe('x');
  });

  it('[DeleteObjectTagging-3] makes no marker over a marker', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k');
    await done('DELETE', `/${bucket}/k`);
    expect((await send('DELETE', `/${bucket}/k?tagging`)).status).toBe(404);
    expect((await done('GET', `/${bucket}?versions`)).text.match(/<DeleteMarker>/g)).toHaveLength(1);
  });
});

describe('tags beside other operations', () => {
  it('[ObjCommon-33] takes tags with an upload, with codes of their own for mistakes', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'TagA=A%20%2B&TagB' });
    expect(await tagsOf(bucket, 'k')).toEqual([
      ['TagA', 'A +'],
      ['TagB', ''],
    ]);
    const header = numbered(11)
      .map(([key, value]) => `${key}=${value}`)
      .join('&');
    for (const [tagging, code] of [
      [header, 'BadRequest'],
      ['a=1&a=2', 'InvalidArgument'],
      ['a=@', 'InvalidTag'],
      ['a=b=c', 'InvalidTag'],
    ] as const) {
      for (const [method, path] of [
        ['PUT', `/${bucket}/new`],
        ['POST', `/${bucket}/new?append&position=0`],
      ] as const) {
        const answer = await send(method, path, { body: 'x', headers: { 'x-oss-tagging': tagging } });
        expect([answer.status, answer.code], `${method} ${tagging}`).toEqual([400, code]);
      }
    }
    expect((await send('HEAD', `/${bucket}/new`)).status).toBe(404);
  });

  it('[ObjCommon-28] loses the tags when the object is overwritten', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'a=1' });
    await put(bucket, 'k', 'y');
    expect(await tagsOf(bucket, 'k')).toEqual([]);
  });

  it('[ObjCommon-34] [HeadObject-14] counts the tags for those who may read them, and only where there are any', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'a=1&b=2' });
    await put(bucket, 'none', 'x');
    for (const method of ['GET', 'HEAD']) {
      expect((await done(method, `/${bucket}/k`)).header('x-oss-tagging-count'), method).toBe('2');
      expect((await done(method, `/${bucket}/none`)).header('x-oss-tagging-count'), method).toBeNull();
      const stranger = await done(method, `/${bucket}/k`, { as: 'anonymous' });
      expect(stranger.header('x-oss-tagging-count'), method).toBeNull();
    }
  });

  it('[PutObjectTagging-8] [Sec-24] is opened by no ACL: neither tags nor their setting belong to the data', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await put(bucket, 'k', 'x', { 'x-oss-tagging': 'a=1' });
    for (const as of ['anonymous', 'other', 'user'] as const) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await send(method, `/${bucket}/k?tagging`, {
          as,
          ...(method === 'PUT' ? { body: document([]) } : {}),
        });
        expect([answer.status, answer.code], `${as} ${method}`).toEqual([403, 'AccessDenied']);
      }
    }
    expect(await tagsOf(bucket, 'k')).toEqual([['a', '1']]);
  });

  it('[Sec-2] takes no tags that were added to a signed request', async () => {
    const bucket = await newBucket();
    for (const scheme of ['V1', 'V4'] as const) {
      const answer = await send('PUT', `/${bucket}/k`, {
        scheme,
        body: 'x',
        unsigned: { headers: { 'x-oss-tagging': 'a=1' } },
      });
      expect(answer.status, scheme).toBe(403);
    }
  });
});

describe('tags in a hierarchical bucket', () => {
  it('[PutObjectTagging-9] [PutObjectTagging-E1] [ObjCommon-2] are for objects, not for directories', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    await put(bucket, 'dir/k');
    expect((await tag(bucket, 'dir/k', [['a', '1']])).status).toBe(200);
    expect(await tagsOf(bucket, 'dir/k')).toEqual([['a', '1']]);
    for (const path of ['dir', 'dir/']) {
      const answer = await tag(bucket, path, [['a', '1']]);
      expect([answer.status, answer.code], path).toEqual([409, 'FileAlreadyExists']);
    }
  });
});
