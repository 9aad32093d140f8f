import { describe, expect, it } from 'vitest';
import { md5, put } from '../support/config.ts';
import { accounts, newBucket, send } from '../support/wire.ts';

const tagging = (tags: readonly (readonly [string, string?])[]) =>
  `<Tagging><TagSet>${tags
    .map(([key, value]) => `<Tag><Key>${key}</Key>${value === undefined ? '' : `<Value>${value}</Value>`}</Tag>`)
    .join('')}</TagSet></Tagging>`;

async function tagsOf(bucket: string): Promise<[string, string][]> {
  const { text, status } = await send('GET', `/${bucket}?tagging`);
  expect(status).toBe(200);
  return [...text.matchAll(/<Tag><Key>([^<]*)<\/Key><Value>([^<]*)<\/Value><\/Tag>/g)].map(([, key, value]) => [
    key!,
    value!,
  ]);
}

describe('PutBucketTags', () => {
  it('[PutBucketTags-1] [PutBucketTags-2] [GetBucketTags-2] replaces all tags, in their order', async () => {
    const bucket = await newBucket();
    const answer = await put(
      bucket,
      'tagging',
      tagging([
        ['b', '1'],
        ['a', '2'],
        ['10', '3'],
        ['9', '4'],
      ]),
    );
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect(await tagsOf(bucket)).toEqual([
      ['b', '1'],
      ['a', '2'],
      ['10', '3'],
      ['9', '4'],
    ]);
    expect((await send('GET', `/${bucket}?tagging`)).text).toContain('<Tagging><TagSet><Tag><Key>b</Key>');
    await put(bucket, 'tagging', tagging([['a', '5']]));
    expect(await tagsOf(bucket)).toEqual([['a', '5']]);
    await put(bucket, 'tagging', tagging([]));
    expect(await tagsOf(bucket)).toEqual([]);
  });

  it('[PutBucketTags-3] takes 20 tags and no more', async () => {
    const bucket = await newBucket();
    const many = (count: number) => tagging(Array.from({ length: count }, (_, i) => [`k${i}`, 'v'] as const));
    expect((await put(bucket, 'tagging', many(20))).status).toBe(200);
    const more = await put(bucket, 'tagging', many(21));
    expect([more.status, more.code]).toEqual([400, 'InvalidTag']);
    expect(await tagsOf(bucket)).toHaveLength(20);
  });

  it('[PutBucketTags-4] [PutBucketTags-5] [PutBucketTags-6] [PutBucketTags-7] bounds keys and values by bytes', async () => {
    const bucket = await newBucket();
    const good: [string, string?][][] = [
      [['k'.repeat(64), 'v'.repeat(128)]],
      [['键'.repeat(21), '值'.repeat(42)]],
      [
        ['%@abc', '++123%'],
        ['123++', ''],
      ],
      [['a']],
      [['aliyun'], ['HTTP://'], ['acs:a'], ['xhttp://']],
    ];
    for (const tags of good) {
      expect([tags, (await put(bucket, 'tagging', tagging(tags))).status]).toEqual([tags, 200]);
      expect(await tagsOf(bucket)).toEqual(tags.map(([key, value = '']) => [key, value]));
    }
    const kept = await tagsOf(bucket);
    const bad: [string, string?][][] = [
      [['']],
      [['', 'value']],
      [['k'.repeat(65)]],
      [['键'.repeat(22)]],
      [['a', 'v'.repeat(129)]],
      [['a', '值'.repeat(43)]],
      [['http://a']],
      [['https://a']],
      [['Aliyun']],
      [['Aliyun.x', 'v']],
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ];
    for (const tags of bad) {
      const answer = await put(bucket, 'tagging', tagging(tags));
      expect([tags, answer.status, answer.code]).toEqual([tags, 400, 'InvalidTag']);
    }
    expect(await tagsOf(bucket)).toEqual(kept);
  });

  it('[EdgeCommon-6] passes over elements that it does not know', async () => {
    const bucket = await newBucket();
    const body = '<Tagging><New/><TagSet><New/><Tag><New/><Value>1</Value><Key>a</Key></Tag></TagSet></Tagging>';
    expect((await put(bucket, 'tagging', body)).status).toBe(200);
    expect(await tagsOf(bucket)).toEqual([['a', '1']]);
  });

  it('[PutBucketTags-8] has other rules than the tags of objects', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'a' });
    const odd = tagging([['a!', '?']]);
    expect((await put(bucket, 'tagging', odd)).status).toBe(200);
    expect((await send('PUT', `/${bucket}/key?tagging`, { body: odd })).status).toBe(400);
    const eleven = tagging(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'] as const));
    expect((await put(bucket, 'tagging', eleven)).status).toBe(200);
    expect((await send('PUT', `/${bucket}/key?tagging`, { body: eleven })).status).toBe(400);
  });

  it('[EdgeCommon-1] [EdgeCommon-17] wants a valid document', async () => {
    const bucket = await newBucket();
    for (const bad of [
      '',
      '<Tagging/>',
      '<Tagging><TagSet><Tag/></TagSet></Tagging>',
      '<TagSet/>',
      tagging([['a', '1']]).slice(1),
    ]) {
      expect([bad, (await put(bucket, 'tagging', bad)).code]).toEqual([bad, 'MalformedXML']);
    }
    const wrong = await put(bucket, 'tagging', tagging([['a', '1']]), { headers: { 'content-md5': md5('x') } });
    expect([wrong.status, wrong.code]).toEqual([400, 'InvalidDigest']);
    expect(await tagsOf(bucket)).toEqual([]);
  });
});

describe('GetBucketTags and DeleteBucketTags', () => {
  it('[GetBucketTags-1] [GetBucketTags-3] [DeleteBucketTags-3] know a bucket without tags, and empty values', async () => {
    const bucket = await newBucket();
    expect(await tagsOf(bucket)).toEqual([]);
    expect((await send('GET', `/${bucket}?tagging`)).text).toMatch(/<Tagging><TagSet>(<\/TagSet>)?<?\/?.*<\/Tagging>$/);
    for (const query of ['?tagging', '?tagging=a']) {
      const answer = await send('DELETE', `/${bucket}${query}`);
      expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
    }
    await put(bucket, 'tagging', tagging([['a', '']]));
    expect(await tagsOf(bucket)).toEqual([['a', '']]);
  });

  it('[DeleteBucketTags-1] [DeleteBucketTags-2] [DeleteBucketTags-6] [EdgeCommon-2] delete all, or those that are named', async () => {
    const bucket = await newBucket();
    const all: [string, string][] = [
      ['a', '1'],
      ['b c', '2'],
      ['键', '3'],
      ['d', '4'],
    ];
    const left = async (query: string) => {
      await put(bucket, 'tagging', tagging(all));
      expect((await send('DELETE', `/${bucket}?${query}`)).status).toBe(204);
      return (await tagsOf(bucket)).map(([key]) => key);
    };
    expect(await left('tagging=a,d')).toEqual(['b c', '键']);
    expect(await left(`tagging=${encodeURIComponent('b c,键')}`)).toEqual(['a', 'd']);
    expect(await left('tagging=none,a%2Cd')).toEqual(['b c', '键']);
    expect(await left('tagging')).toEqual([]);
    expect(await left('tagging=')).toEqual([]);
    expect(await left('tagging=none')).toEqual(['a', 'b c', '键', 'd']);
  });

  it('[DeleteBucketTags-5] signs the names with the rest', async () => {
    const bucket = await newBucket();
    await put(
      bucket,
      'tagging',
      tagging([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    for (const scheme of ['V1', 'V4'] as const) {
      const replaced = (request: Request) =>
        import('cloudflare:workers').then(({ exports }) =>
          exports.default.fetch(new Request(request.url.replace('tagging=none', 'tagging=a'), request)),
        );
      const answer = await send('DELETE', `/${bucket}?tagging=none`, { scheme, via: replaced });
      expect([scheme, answer.status, answer.code]).toEqual([scheme, 403, 'SignatureDoesNotMatch']);
    }
    expect(await tagsOf(bucket)).toHaveLength(2);
  });

  it.each(['PUT', 'GET', 'DELETE'])(
    '[DeleteBucketTags-4] [EdgeCommon-11] [EdgeCommon-12] %s is the owner’s alone',
    async (method) => {
      const bucket = await newBucket({ acl: 'public-read-write' });
      const wish = method === 'PUT' ? { body: tagging([['a', '1']]) } : {};
      for (const as of ['anonymous', 'other', 'user'] as const) {
        const answer = await send(method, `/${bucket}?tagging`, { as, ...wish });
        expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
      }
      const missing = await send(method, '/no-such-bucket-here?tagging', wish);
      expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
    },
  );

  it('[EdgeCommon-13] work in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'tagging', tagging([['a', '1']]))).status).toBe(200);
    expect(await tagsOf(bucket)).toEqual([['a', '1']]);
  });
});

describe('tags of buckets', () => {
  it('filter the list of buckets', async () => {
    const buckets = [await newBucket(), await newBucket(), await newBucket()];
    const mark = buckets[0]!;
    await put(
      buckets[0]!,
      'tagging',
      tagging([
        [mark, '1'],
        ['colour', 'red'],
      ]),
    );
    await put(
      buckets[1]!,
      'tagging',
      tagging([
        [mark, '2'],
        ['colour', 'red'],
      ]),
    );
    const listed = async (query: string, wish = {}) => (await send('GET', `/?${query}`, wish)).all('Name');
    expect(await listed(`tag-key=${mark}`)).toEqual([buckets[0], buckets[1]].sort());
    expect(await listed(`tag-key=${mark}&tag-value=2`)).toEqual([buckets[1]]);
    const pairs = (...list: [string, string][]) =>
      `tagging=${encodeURIComponent(list.map(([key, value]) => `"${key}":"${value}"`).join(','))}`;
    expect(await listed(pairs([mark, '1'], ['colour', 'red']))).toEqual([buckets[0]]);
    expect(await listed(pairs([mark, '1'], ['colour', 'blue']))).toEqual([]);
    // ali-oss reads the tags of each bucket that it found by them.
    const tags = `<Tagging><TagSet><Tag><Key>${mark}</Key><Value>2</Value></Tag><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>`;
    expect((await send('GET', `/?tag-key=${mark}&tag-value=2`)).text).toContain(`${tags}</Bucket>`);
    expect((await send('GET', `/?prefix=${buckets[1]}`)).text).not.toContain('<Tagging>');
    const first = await send('GET', `/?tag-key=${mark}&max-keys=1`);
    expect([first.all('Name').length, first.one('IsTruncated')]).toEqual([1, 'true']);
    const second = await send('GET', `/?tag-key=${mark}&max-keys=1&marker=${first.one('NextMarker')}`);
    expect([second.all('Name').length, second.one('IsTruncated')]).toEqual([1, 'false']);
    await send('DELETE', `/${buckets[1]}?tagging`);
    expect(await listed(`tag-key=${mark}`)).toEqual([buckets[0]]);
    expect(await listed(`tag-key=${mark}`, { as: 'other' })).toEqual([]);
    for (const bad of [
      'tag-value=a',
      'tagging=a',
      'tagging=%22a%22:1',
      'tagging=%22a%22:%22b%22,%22a%22:%22c%22',
      'tagging=%22a%22:{}',
    ]) {
      const answer = await send('GET', `/?${bad}`);
      expect([bad, answer.status, answer.code]).toEqual([bad, 400, 'InvalidArgument']);
    }
  });

  it('are conditions of policies', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    const condition = { StringEquals: { 'oss:BucketTag/stage': ['public'] } };
    const statement = {
      Effect: 'Allow',
      Action: 'oss:GetObject',
      Principal: [accounts.other],
      Resource: `acs:oss:*:*:${bucket}/*`,
      Condition: condition,
    };
    await put(bucket, 'policy', JSON.stringify({ Version: '1', Statement: [statement] }));
    const read = async () => (await send('GET', `/${bucket}/key`, { as: 'other' })).status;
    expect(await read()).toBe(403);
    await put(bucket, 'tagging', tagging([['stage', 'public']]));
    expect(await read()).toBe(200);
    await put(
      bucket,
      'tagging',
      tagging([
        ['stage', 'Public'],
        ['Stage', 'public'],
      ]),
    );
    expect(await read()).toBe(403);
  });
});
