import { exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Operation } from '../../../src/oss/operation.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { ownKeys } from '../../../src/oss/request/match.ts';
import { sign } from '../../support/sign.ts';
import { type Answer, configOf, expectRefusal, keys, newBucket, send, type Wish } from '../support/wire.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Whoever holds a signed request must not be able to add to it anything that changes what it does. */

/** Not those of everybody, nor forms, which have their signature in their body: test/worker/form/security.test.ts. */
const rows = [...built, ...planned].filter(({ access, signedForm }) => access !== 'none' && signedForm !== true);

const forms = [
  { scheme: 'V1', place: 'header' },
  { scheme: 'V1', place: 'query' },
  { scheme: 'V4', place: 'header' },
  { scheme: 'V4', place: 'query' },
] as const;

/** Parameters that V1 never covers (protocol/oss.md 1.3). They choose what a listing shows, nothing else. */
const openInV1 = new Set(
  `prefix marker max-keys delimiter encoding-type list-type start-after fetch-owner key-marker version-id-marker
   upload-id-marker max-uploads max-parts part-number-marker rule-id regions mode tag-key tag-value action`.split(
    /\s+/,
  ),
);

/** Every header of the API that makes a request do something else; and one that is none. */
const headers: Readonly<Record<string, string>> = {
  'x-oss-copy-source': '/other/secret',
  'x-oss-object-acl': 'public-read-write',
  'x-oss-acl': 'public-read-write',
  'x-oss-storage-class': 'Archive',
  'x-oss-forbid-overwrite': 'true',
  'x-oss-meta-added': '1',
  'x-oss-tagging': 'a=b',
  'x-oss-server-side-encryption': 'KMS',
  'x-oss-server-side-encryption-key-id': 'a',
  'x-oss-server-side-data-encryption': 'SM4',
  'x-oss-persistent-headers': 'x-own:eA==',
  'x-oss-range-behavior': 'standard',
  'x-oss-hns-status': 'enabled',
  'x-oss-resource-group-id': 'rg-default-id',
  'x-oss-callback': 'e30=',
  'x-oss-callback-var': 'e30=',
  'x-oss-metadata-directive': 'REPLACE',
  'x-oss-tagging-directive': 'REPLACE',
  'x-oss-copy-source-range': 'bytes=0-1',
  'x-oss-copy-source-if-match': 'a',
  'x-oss-symlink-target': 'secret',
  'x-oss-request-payer': 'requester',
  'x-oss-traffic-limit': '819200',
  'x-oss-allow-same-action-overlap': 'true',
  'x-oss-website-redirect-location': 'http://example.com/',
  'x-oss-never-heard-of': '1',
};
/** What is added to operations that this file does not own: the rest is covered by the same rule. */
const worst = ['x-oss-copy-source', 'x-oss-never-heard-of'];

let bucket: string;
let before: { object: Answer; acl: Answer; version: number };

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/a`, { headers: { 'x-oss-meta-a': '1' }, body: 'content' });
  before = await state();
});

async function state() {
  return {
    object: await send('GET', `/${bucket}/a`),
    acl: await send('GET', `/${bucket}/a?acl`),
    version: (await configOf(bucket)).version,
  };
}

async function expectUnchanged(): Promise<void> {
  const now = await state();
  expect(now.version).toBe(before.version);
  expect(now.acl.text).toBe(before.acl.text);
  expect(now.object.text).toBe('content');
  for (const name of [
    'etag',
    'last-modified',
    'x-oss-meta-a',
    'x-oss-meta-added',
    'x-oss-storage-class',
    'content-type',
  ]) {
    expect(now.object.header(name)).toBe(before.object.header(name));
  }
  expect((await send('GET', `/${bucket}`)).all('Key')).toEqual(['a']);
}

function item(key: string): string {
  return key.includes('=') ? key : `${key}=1`;
}

/** A request of this operation, with these of its selecting keys, and something unsigned. */
function request(
  row: Operation,
  on: string,
  select: readonly string[],
  wish: Wish,
  unsigned: Wish['unsigned'],
): Promise<Answer> {
  const path = { service: '/', bucket: `/${on}`, object: `/${on}/a` }[row.target];
  const query = select.map(item).join('&');
  return send(row.method, query === '' ? path : `${path}?${query}`, {
    ...wish,
    headers: row.selectHeader === undefined ? {} : { [row.selectHeader]: `/${on}/a` },
    ...(row.method === 'PUT' || row.method === 'POST' ? { body: '' } : {}),
    ...(unsigned === undefined ? {} : { unsigned }),
  });
}

/** Signature refusals, and what is refused before the signature is even looked at. */
function expectUseless(answer: Answer, what: string): void {
  expect(`${answer.status} ${answer.code}`, what).toBe('403 SignatureDoesNotMatch');
}

describe.each(forms)('a request signed with $scheme in its $place', (form) => {
  it('[Sec-2] [Sec-3] is let in as it was signed, whatever the operation', async () => {
    // One of the operations deletes it; an answer that it is gone is one to an accepted signature, too.
    const scratch = await newBucket();
    for (const row of rows) {
      const answer = await request(row, scratch, row.select ?? [], form, undefined);
      expect(answer.code, row.name).not.toBe('SignatureDoesNotMatch');
      // All that can be wrong with a signature has an EC of this family.
      expect(answer.header('x-oss-ec') ?? '', row.name).not.toMatch(/^0002-/);
    }
  });

  it('[Sec-3] takes no query key of its operation that was not signed', async () => {
    let refused = 0;
    for (const row of rows) {
      for (const key of ownKeys(row)) {
        const what = `${key} added to ${row.name}`;
        const selecting = (row.select ?? []).find((one) => one.split('=')[0] === key);
        const rest = (row.select ?? []).filter((one) => one !== selecting);
        const answer = await request(row, bucket, rest, form, { query: item(selecting ?? key) });
        if (form.scheme === 'V1' && openInV1.has(key)) {
          expect(answer.code, what).not.toBe('SignatureDoesNotMatch');
          expect(row.method === 'GET' || row.method === 'POST', what).toBe(true);
          continue;
        }
        expectUseless(answer, what);
        refused++;
        // Nor a second value of one that was.
        if (selecting === undefined) continue;
        const twice = await request(row, bucket, row.select ?? [], form, { query: `${key}=2` });
        expectUseless(twice, `a second ${what}`);
      }
    }
    expect(refused).toBeGreaterThan(100);
    await expectUnchanged();
  });

  it('[Sec-2] takes no x-oss- header that was not signed', async () => {
    for (const row of rows) {
      for (const name of built.includes(row) ? Object.keys(headers) : worst) {
        if (name === row.selectHeader) continue;
        const answer = await request(row, bucket, row.select ?? [], form, { headers: { [name]: headers[name]! } });
        expectUseless(answer, `${name} added to ${row.name}`);
      }
    }
    await expectUnchanged();
  });

  it('[Sec-1] becomes no copy by an unsigned x-oss-copy-source', async () => {
    await send('PUT', `/${await newBucket()}/secret`, { body: 'secret' });
    const unsigned = { headers: { 'x-oss-copy-source': `/${bucket}/a` } };
    const target = await newBucket();
    expectUseless(await send('PUT', `/${target}/b`, { ...form, body: '', unsigned }), 'a copy');
    expectRefusal(await send('GET', `/${target}/b`), 404, 'NoSuchKey');
    expect((await send('PUT', `/${target}/b`, { ...form, body: '' })).status).toBe(200);
  });

  it('[Sec-2] takes no other content type and no other MD5', async () => {
    const put = (unsigned: Record<string, string>) =>
      send('PUT', `/${bucket}/a`, {
        ...form,
        headers: { 'content-type': 'text/plain' },
        body: 'x',
        unsigned: { headers: unsigned },
      });
    expectUseless(await put({ 'content-type': 'text/html' }), 'another content type');
    expectUseless(await put({ 'content-md5': 'ndTkYSaMgDT1yFZOFVxn6Q==' }), 'an MD5');
    await expectUnchanged();
  });

  it('[Sec-3] is good for its own method, bucket and key only', async () => {
    const url = `http://localhost/${bucket}/a`;
    const signed = sign({ method: 'GET', url, bucket, key: 'a', ...keys.owner, ...form });
    const replay = async (method: string, from: string, to: string) => {
      const response = await exports.default.fetch(signed.url.replace(from, to), { method, headers: signed.headers });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await replay('GET', '', '')).toBe(200);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'POST']) expect([403, 405]).toContain(await replay(method, '', ''));
    expect(await replay('GET', '/a', '/b')).toBe(403);
    expect(await replay('GET', '/a', '/a/')).toBe(403);
    expect(await replay('GET', bucket, await newBucket())).toBe(403);
    // The same resource by another spelling is the same resource.
    expect(await replay('GET', '/a', '/%61')).toBe(200);
    await expectUnchanged();
  });
});

describe('a signed listing', () => {
  it.each(['prefix=mine/', 'list-type=2&prefix=mine/'])(
    '[Sec-3] shows no more than it was signed for (%s)',
    async (query) => {
      const own = await newBucket();
      for (const key of ['mine/a', 'theirs/b']) await send('PUT', `/${own}/${key}`, { body: 'x' });
      for (const scheme of ['V2', 'V4'] as const) {
        const url = `http://localhost/${own}?${query}`;
        const signed = sign({ method: 'GET', url, bucket: own, ...keys.owner, scheme, place: 'query' });
        const list = async (change: (url: string) => string) => {
          const response = await exports.default.fetch(change(signed.url));
          return { status: response.status, text: await response.text() };
        };
        expect((await list((same) => same)).text).toContain('mine/a');
        for (const added of ['prefix=', 'prefix', 'prefix=t', 'prefix=&marker=']) {
          const before = await list((text) => text.replace('?', `?${added}&`));
          expect(before.status, added).toBe(403);
          expect(before.text).not.toContain('theirs/b');
          expect((await list((text) => `${text}&${added}`)).status).toBe(403);
        }
      }
    },
  );
});
