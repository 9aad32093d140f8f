import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  configure,
  expectRefusal,
  newBucket,
  newName,
  send,
  shardedBucket,
  type Wish,
} from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

function md5(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

function byNumber(text: string): string {
  return text.replace(/[&<>\x01-\x1f]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function batch(keys: readonly string[], quiet?: boolean): string {
  const objects = keys.map((key) => `<Object><Key>${byNumber(key)}</Key></Object>`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?><Delete>${quiet === undefined ? '' : `<Quiet>${quiet}</Quiet>`}${objects}</Delete>`;
}

function post(body: string, wish: Wish & { readonly query?: string; readonly to?: string } = {}): Promise<Answer> {
  const headers = { 'content-md5': md5(body), ...wish.headers };
  return send('POST', `/${wish.to ?? bucket}?delete${wish.query ?? ''}`, { ...wish, headers, body });
}

async function put(keys: readonly string[], to = bucket): Promise<void> {
  for (const key of keys) {
    expect((await send('PUT', `/${to}/${encodeURIComponent(key)}`, { body: key })).status).toBe(200);
  }
}

async function keysOf(from = bucket): Promise<string[]> {
  return (await send('GET', `/${from}?encoding-type=url&max-keys=1000`)).all('Key').map(decodeURIComponent);
}

describe('DeleteMultipleObjects', () => {
  it('[DeleteMultipleObjects-1] [DeleteMultipleObjects-3] [DeleteMultipleObjects-9] removes what is listed and reports each key, missing ones too', async () => {
    await put(['a', 'b', 'c']);
    const answer = await post(batch(['b', 'missing', 'a']));
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    const deleted = ['b', 'missing', 'a'].map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('');
    expect(answer.text).toBe(`<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult>${deleted}</DeleteResult>`);
    expect(await keysOf()).toEqual(['c']);
    expect((await post(batch(['c'], false))).all('Key')).toEqual(['c']);
  });

  it('[DeleteMultipleObjects-2] answers nothing at all where it is to be quiet', async () => {
    await put(['a', 'b']);
    const answer = await post(batch(['a', 'b', 'missing'], true));
    expect([answer.status, answer.bytes.length, answer.header('content-length')]).toEqual([200, 0, '0']);
    expect(await keysOf()).toEqual([]);
  });

  it('[DeleteMultipleObjects-4] [DeleteMultipleObjects-E1] removes nothing where the MD5 is wrong or missing', async () => {
    await put(['a']);
    expectRefusal(await post(batch(['a']), { headers: { 'content-md5': md5('other') } }), 400, 'InvalidDigest');
    const missing = await send('POST', `/${bucket}?delete`, { body: batch(['a']) });
    expectRefusal(missing, 400, 'MissingArgument');
    expect(missing.one('ArgumentName')).toBe('Content-MD5');
    expect(await keysOf()).toEqual(['a']);
    expect((await post(batch(['a']))).status).toBe(200);
    expect(await keysOf()).toEqual([]);
  });

  it('[DeleteMultipleObjects-5] [DeleteMultipleObjects-E2] takes up to 1,000 objects in up to 2 MB', async () => {
    await put(['kept']);
    const many = Array.from({ length: 999 }, (_, i) => `k${i}`);
    expectRefusal(await post(batch([...many, 'kept', 'one more'])), 400, 'MalformedXML');
    const fit = batch(['kept']);
    const padded = (bytes: number) =>
      fit.replace('<Delete>', `<Delete><!--${'x'.repeat(bytes - fit.length - '<!---->'.length)}-->`);
    expect(await keysOf()).toEqual(['kept']);
    expect(padded(10_000).length).toBe(10_000);
    expectRefusal(await post(padded(2 * 1_024 * 1_024 + 1)), 400, 'MalformedXML');
    expect(await keysOf()).toEqual(['kept']);
    expect((await post(padded(2 * 1_024 * 1_024))).status).toBe(200);
    await put(['kept']);
    const answer = await post(batch([...many, 'kept']));
    expect(answer.all('Key')).toEqual([...many, 'kept']);
    expect(await keysOf()).toEqual([]);
  });

  it('[DeleteMultipleObjects-5] takes a thousand of the longest keys', async () => {
    // Written by number each character takes more than its one byte: the document has about 2 MB.
    const keys = Array.from({ length: 1_000 }, (_, i) => `${String(i).padStart(4, '0')}${'k'.repeat(1_019)}`);
    await put(keys.slice(0, 2));
    const body = batch(keys);
    expect(body.length).toBeGreaterThan(1_000_000);
    expect((await post(body)).all('Key')).toEqual(keys);
    expect(await keysOf()).toEqual([]);
  });

  it('[DeleteMultipleObjects-5] [DeleteMultipleObjects-12] refuses what is no list of objects', async () => {
    await put(['a']);
    for (const body of [
      '',
      'nonsense',
      '<Delete></Delete>',
      '<Delete><Quiet>true</Quiet></Delete>',
      '<Delete><Object></Object></Delete>',
      '<Delete><Object><VersionId>null</VersionId></Object></Delete>',
      '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>',
      '<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>',
      '<Delete><Object><Key>a</Key></Object>',
      '<Deletes><Object><Key>a</Key></Object></Deletes>',
      '<Delete><Object><Key>a</Key><Size>1</Size></Object></Delete>',
      '<!DOCTYPE x [<!ENTITY e "a">]><Delete><Object><Key>&e;</Key></Object></Delete>',
    ]) {
      expectRefusal(await post(body), 400, 'MalformedXML');
    }
    for (const key of ['', '/a', '\\a', 'k'.repeat(1_024)]) {
      expectRefusal(await post(batch(['a', key])), 400, 'InvalidObjectName');
    }
    const odd = '<Delete><Object><Key>a</Key><VersionId>234</VersionId></Object></Delete>';
    expectRefusal(await post(odd), 400, 'InvalidArgument');
    expect(await keysOf()).toEqual(['a']);
  });

  it('[DeleteMultipleObjects-10] [DeleteMultipleObjects-11] percent-encodes keys where query or header ask for it', async () => {
    const keys = ['a b/中', 'x+y'];
    await put(keys);
    const encoded = ['a%20b%2F%E4%B8%AD', 'x%2By'];
    for (const wish of [{ query: '&encoding-type=url' }, { headers: { 'encoding-type': 'url' } }]) {
      const answer = await post(batch(keys), wish);
      expect(answer.text).toContain('><EncodingType>url</EncodingType><Deleted>');
      expect(answer.all('Key')).toEqual(encoded);
    }
    const plain = await post(batch(keys));
    expect(plain.has('EncodingType')).toBe(false);
    expect(plain.all('Key')).toEqual(keys);
    expectRefusal(await post(batch(keys), { query: '&encoding-type=hex' }), 400, 'InvalidArgument');
    expect(await keysOf()).not.toContain('x+y');
  });

  it('[DeleteMultipleObjects-13] takes control characters written by number', async () => {
    const keys = ['\u0001\u001f', 'a\r\nb\t', 'x\u000b\u000c'];
    await put(keys);
    const answer = await post(batch(keys), { query: '&encoding-type=url' });
    expect(answer.all('Key').map(decodeURIComponent)).toEqual(keys);
    const rest = await keysOf();
    for (const key of keys) expect(rest).not.toContain(key);
  });

  it('[DeleteMultipleObjects-15] keeps blanks, and decodes references once', async () => {
    const own = await newBucket();
    const keys = [' a', 'a ', 'a', '&amp;', '&', '<b>', '\n'];
    await put(keys, own);
    const body =
      '<Delete><Object><Key> a</Key></Object><Object><Key>&amp;amp;</Key></Object><Object><Key><![CDATA[<b>]]></Key></Object><Object><Key>&#10;</Key></Object></Delete>';
    expect((await post(body, { to: own })).all('Key')).toEqual([' a', '&amp;', '<b>', '\n']);
    expect((await keysOf(own)).sort()).toEqual(['&', 'a', 'a ']);
  });

  it('[DeleteMultipleObjects-16] [ObjCommon-1] is refused in a hierarchical bucket, which works otherwise', async () => {
    const own = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    await put(['a'], own);
    expectRefusal(await post(batch(['a']), { to: own }), 400, 'OperationNotSupported');
    expect(await keysOf(own)).toEqual(['a']);
  });

  it('[DeleteMultipleObjects-17] goes through a key that is listed twice in order', async () => {
    await put(['twice']);
    expect((await post(batch(['twice', 'twice']))).all('Key')).toEqual(['twice', 'twice']);
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    const first = (await send('PUT', `/${own}/a`, { body: '1' })).header('x-oss-version-id')!;
    const second = (await send('PUT', `/${own}/a`, { body: '2' })).header('x-oss-version-id')!;
    const entry = (id: string) => `<Object><Key>a</Key><VersionId>${id}</VersionId></Object>`;
    const answer = await post(`<Delete>${entry(second)}<Object><Key>a</Key></Object>${entry(first)}</Delete>`, {
      to: own,
    });
    expect(answer.all('VersionId')).toEqual([second, first]);
    expect(answer.all('DeleteMarker')).toEqual(['true']);
    expectRefusal(await send('GET', `/${own}/a`), 404, 'NoSuchKey');
  });

  it('[Sec-24] is judged key by key: all or nothing, in however many shards they live', async () => {
    for (const shards of [1, 8]) {
      const own = await shardedBucket(shards, { acl: 'public-read-write' });
      const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
      await put(keys, own);
      await send('PUT', `/${own}/k7?acl`, { headers: { 'x-oss-object-acl': 'private' } });
      for (const as of ['anonymous', 'other', 'user'] as const) {
        expectRefusal(await post(batch(keys), { to: own, as }), 403, 'AccessDenied');
        expect((await keysOf(own)).length).toBe(20);
      }
      const rest = keys.filter((key) => key !== 'k7');
      expect((await post(batch(rest), { to: own, as: 'anonymous' })).all('Key')).toEqual(rest);
      expect(await keysOf(own)).toEqual(['k7']);
    }
  });

  it('[Sec-24] needs the permission for each key by policy too', async () => {
    const own = await newBucket();
    await put(['mine/a', 'theirs/b'], own);
    const grant = {
      Effect: 'Allow',
      Principal: ['*'],
      Action: ['oss:DeleteObject'],
      Resource: [`acs:oss:*:*:${own}/mine/*`],
    };
    await configure(own, { documents: { policy: JSON.stringify({ Version: '1', Statement: [grant] }) } });
    expectRefusal(await post(batch(['mine/a', 'theirs/b']), { to: own, as: 'other' }), 403, 'AccessDenied');
    expect((await keysOf(own)).length).toBe(2);
    expect((await post(batch(['mine/a']), { to: own, as: 'other' })).all('Key')).toEqual(['mine/a']);
    expect(await keysOf(own)).toEqual(['theirs/b']);
  });

  it('[Sec-5] [Sec-6] is not let in by a content type', async () => {
    await put(['a']);
    for (const type of ['multipart/form-data; boundary=x', 'multipart/form-datA; boundary=x', 'Multipart/Form-Data']) {
      const headers = { 'content-type': type };
      expectRefusal(await post(batch(['a']), { as: 'anonymous', headers }), 403, 'AccessDenied');
      expect((await keysOf()).includes('a')).toBe(true);
    }
    expect((await post(batch(['a']), { headers: { 'content-type': 'multipart/form-data' } })).status).toBe(200);
    expect((await keysOf()).includes('a')).toBe(false);
  });

  it('answers 404 where there is no such bucket', async () => {
    expectRefusal(await post(batch(['a']), { to: newName() }), 404, 'NoSuchBucket');
  });
});
