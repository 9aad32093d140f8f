import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { sign } from '../../support/sign.ts';
import { Answer, keys, newBucket, send } from '../support/wire.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** The longest that any answer may take: hostile input is refused, not worked on. */
const ANSWER_MS_MAX = 5_000;

let mine: string;
let theirs: string;

beforeAll(async () => {
  mine = await newBucket({ acl: 'public-read-write' });
  theirs = await newBucket({ as: 'other' });
  await send('PUT', `/${theirs}/a`, { as: 'other', body: 'theirs' });
});

const pieces = [
  'a',
  'b.txt',
  'dir/',
  '/',
  '//',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  '%5C',
  '\\',
  '%00',
  '%0D%0A',
  '%',
  '%zz',
  '%ff',
  '%C3',
  '%F0%9F%98%80',
  '中',
  '\u{1f600}',
  '\ud800',
  ' ',
  '+',
  '"',
  '<',
  '>',
  '&',
  "'",
  '~',
  '%25',
  '%3F',
  '%23',
  'x'.repeat(300),
  'x'.repeat(1_100),
  '-/health',
];
const values = [
  '',
  '0',
  '1',
  '2',
  '-1',
  '1000',
  '1001',
  '99999999999999999999',
  'null',
  'true',
  'false',
  'url',
  'add',
  'a,b',
  '%00',
  '%0A',
  '%zz',
  '%F4%8F%BF%BF',
  'CAEQ',
  `CAEQ${'0'.repeat(60)}`,
  '/',
  '%2F',
  'x'.repeat(1_023),
  'x'.repeat(1_024),
  '..',
  '*',
  '"',
  '%3Cx%3E',
  'oss-cn-hangzhou',
  '__proto__',
];
const queryNames = [
  ...new Set(
    [...built, ...planned].flatMap(({ select = [], query = [] }) => [
      ...select.map((key) => key.split('=')[0]!),
      ...query,
    ]),
  ),
  'unknown',
  '__proto__',
  'constructor',
  '',
  'Expires',
  'Signature',
  'OSSAccessKeyId',
  'x-oss-signature-version',
  'x-oss-signature',
  'x-oss-expires',
  'x-oss-credential',
];
const headerNames = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'content-type',
  'content-md5',
  'content-encoding',
  'accept-encoding',
  'authorization',
  'date',
  'x-oss-date',
  'x-oss-content-sha256',
  'x-oss-security-token',
  'x-oss-acl',
  'x-oss-object-acl',
  'x-oss-storage-class',
  'x-oss-forbid-overwrite',
  'x-oss-meta-a',
  'x-oss-meta-',
  'x-oss-meta-a_b',
  'x-oss-tagging',
  'x-oss-persistent-headers',
  'x-oss-server-side-encryption',
  'x-oss-range-behavior',
  'x-oss-hns-status',
  'x-oss-resource-group-id',
  'x-oss-copy-source',
  'x-oss-request-payer',
  'encoding-type',
  'expires',
  'cache-control',
  'origin',
  'referer',
  'x-forwarded-for',
  'cf-connecting-ip',
];
const headerValues = [
  '',
  'a',
  '0',
  '-1',
  'true',
  'TRUE',
  'maybe',
  '*',
  '"a"',
  'bytes=0-0',
  'bytes=-0',
  'bytes=9-1',
  'bytes=0-,5-',
  'bytes=99999999999999999999-',
  'private',
  'public-read-write',
  'default',
  'Standard',
  'IA',
  'x:eA==',
  'a:***',
  'AES256',
  'KMS',
  'standard',
  'enabled',
  'rg-a',
  'gzip',
  'multipart/form-data; boundary=x',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '20250101T000000Z',
  'OSS a:b',
  'OSS OWNERKEY:',
  'OSS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=f',
  'OSS2 AccessKeyId:a,Signature:b',
  'Basic x',
  'OSS',
  '1B2M2Y8AsgTpgAmY7PhCfg==',
  'UNSIGNED-PAYLOAD',
  'v'.repeat(9_000),
  'a=b&c=d',
  '/a/b',
  '\t',
  'a\u0001b',
];
const bodies = [
  null,
  '',
  'x',
  '<',
  '<Delete></Delete>',
  '<Delete><Object><Key>a</Key></Object></Delete>',
  '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>',
  '<!DOCTYPE a [<!ENTITY b "c">]><Delete>&b;</Delete>',
  '<Delete>'.repeat(1_000),
  '\u0000\u0001',
  'x'.repeat(200_000),
];

const someHeaders = (maxLength: number) =>
  fc.array(
    fc.tuple(fc.constantFrom(...headerNames), fc.oneof(fc.constantFrom(...headerValues), fc.string({ maxLength: 40 }))),
    { maxLength },
  );

/** Nothing fits anything. */
const wild = fc.record({
  method: fc.constantFrom(
    'GET',
    'GET',
    'HEAD',
    'PUT',
    'PUT',
    'POST',
    'DELETE',
    'OPTIONS',
    'PATCH',
    'TRACE',
    'PROPFIND',
  ),
  host: fc.constantFrom(
    'localhost',
    'localhost',
    'localhost',
    'oss-cn-beijing.aliyuncs.com',
    '127.0.0.1',
    'unknown.example.com',
  ),
  place: fc.constantFrom('mine', 'mine', 'mine', 'theirs', 'missing', 'service', 'raw'),
  key: fc.array(fc.constantFrom(...pieces), { maxLength: 4 }),
  query: fc.array(fc.tuple(fc.constantFrom(...queryNames), fc.option(fc.constantFrom(...values))), { maxLength: 4 }),
  headers: someHeaders(4),
  body: fc.constantFrom(...bodies),
  as: fc.constantFrom('owner', 'owner', 'owner', 'user', 'reader', undefined),
  scheme: fc.constantFrom('V1', 'V2', 'V4'),
  signedIn: fc.constantFrom('header', 'query'),
  tampered: fc.constantFrom(false, false, false, true),
});

/** An operation that there is, properly signed, with something odd about it. */
const near = fc.constantFrom(...built).chain(({ method, target, select = [], query = [] }) =>
  fc.record({
    method: fc.constant(method),
    host: fc.constant('localhost'),
    place: fc.constant(target === 'service' ? 'service' : 'mine'),
    key:
      target === 'object'
        ? fc.array(fc.constantFrom('a', 'b', '/c', '%2F', '%E4%B8%AD'), { minLength: 1, maxLength: 2 })
        : fc.constant([]),
    query: fc
      .subarray([...query], { maxLength: Math.min(2, query.length) })
      .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.constantFrom(...values)))))
      .map((odd) => [...select.map((key) => [key.split('=')[0]!, key.split('=')[1] ?? '2'] as const), ...odd]),
    headers: someHeaders(2),
    body: fc.constantFrom(...bodies),
    as: fc.constantFrom('owner', 'owner', 'owner', 'reader', undefined),
    scheme: fc.constantFrom('V1', 'V2', 'V4'),
    signedIn: fc.constantFrom('header', 'query'),
    tampered: fc.constant(false),
  }),
);

interface Wanted {
  readonly method: string;
  readonly host: string;
  readonly place: string;
  readonly key: readonly string[];
  readonly query: readonly (readonly [string, string | null])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
  readonly as: 'owner' | 'user' | 'reader' | undefined;
  readonly scheme: 'V1' | 'V2' | 'V4';
  readonly signedIn: 'header' | 'query';
  readonly tampered: boolean;
}

const wanted: fc.Arbitrary<Wanted> = fc.oneof(wild, near) as fc.Arbitrary<Wanted>;

function pathOf({ place, key }: Wanted): { path: string; bucket?: string; rawKey: string } {
  const rawKey = key.join('');
  if (place === 'service') return { path: '/', rawKey: '' };
  if (place === 'raw') return { path: `/${rawKey}`, rawKey: '' };
  const bucket = { mine, theirs, missing: 'missing-bucket' }[place]!;
  return { path: rawKey === '' ? `/${bucket}` : `/${bucket}/${rawKey}`, bucket, rawKey };
}

/** A header value that `fetch` lets through; what it does not cannot arrive at a Worker either. */
function sendable(name: string, value: string): boolean {
  try {
    new Headers([[name, value]]);
    return /^[\t\u0001-\u007e]*$/.test(value) && !/[\r\n]/.test(value);
  } catch {
    return false;
  }
}

function signed(
  url: string,
  headers: Record<string, string>,
  wish: Wanted,
  bucket: string | undefined,
  rawKey: string,
) {
  if (wish.as === undefined || headers.authorization !== undefined) return { url, headers };
  try {
    // As the runtime will give it to the gateway.
    const key = decodeURIComponent(new URL(url).pathname.split('/').slice(2).join('/'));
    return sign({
      method: wish.method,
      url: new URL(url).href,
      headers,
      ...(bucket === undefined ? {} : { bucket, ...(rawKey === '' ? {} : { key }) }),
      ...keys[wish.as],
      region: wish.host.includes('beijing') ? 'cn-beijing' : 'cn-hangzhou',
      scheme: wish.scheme,
      place: wish.signedIn,
    });
  } catch {
    return { url, headers };
  }
}

async function ask(wish: Wanted): Promise<Answer> {
  const { path, bucket, rawKey } = pathOf(wish);
  const query = wish.query.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join('&');
  const headers = Object.fromEntries(wish.headers.filter(([name, value]) => sendable(name, value)));
  const target = signed(`http://${wish.host}${path}${query === '' ? '' : `?${query}`}`, headers, wish, bucket, rawKey);
  if (wish.tampered) target.headers['x-oss-meta-tampered'] = '1';
  const carriesBody = !['GET', 'HEAD', 'TRACE'].includes(wish.method) && wish.body !== null;
  const response = await exports.default.fetch(target.url, {
    method: wish.method,
    headers: target.headers,
    redirect: 'manual',
    ...(carriesBody ? { body: new TextEncoder().encode(wish.body!) } : {}),
  });
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

function expectWellMannered(answer: Answer, method: string): void {
  // What is not built yet says so.
  if (answer.status !== 501) expect(answer.status).toBeLessThan(500);
  expect(answer.header('x-oss-request-id')).toMatch(/^[0-9A-F]{24}$/);
  if (answer.status < 400) return;
  const document = answer.error;
  expect(XMLValidator.validate(document), document).toBe(true);
  expect(/<RequestId>([^<]*)</.exec(document)?.[1]).toBe(answer.header('x-oss-request-id'));
  expect(/<Code>([A-Za-z]+)</.exec(document)).not.toBe(null);
  if (method === 'HEAD') expect(answer.bytes.length).toBe(0);
}

describe('hostile requests', () => {
  afterEach(() => vi.restoreAllMocks());

  it('[Sec-6] [Sec-19] [Sec-29] [Sec-37] [Sec-38] [Sec-40] are answered, never with a 5xx, and change nothing that is somebody else’s', async () => {
    const faults: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line) => faults.push(String(line)));
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(wanted, async (wish) => {
        const began = Date.now();
        const answer = await ask(wish);
        expect(Date.now() - began).toBeLessThan(ANSWER_MS_MAX);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expectWellMannered(answer, wish.method);
        expect(faults).toEqual([]);
      }),
      { numRuns: 400 },
    );
    // Not all of them are refused: some went through the whole gateway.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(0);
    expect(statuses.get(403) ?? 0).toBeGreaterThan(0);
    const kept = await send('GET', `/${theirs}/a`, { as: 'other' });
    expect([kept.text, kept.header('x-oss-meta-a')]).toEqual(['theirs', null]);
    expect((await send('GET', `/${theirs}`, { as: 'other' })).all('Key')).toEqual(['a']);
    expect((await send('GET', `/${theirs}?acl`, { as: 'other' })).one('Grant')).toBe('private');
    expect((await send('GET', '/', { as: 'other' })).all('Name')).toEqual([theirs]);
  });

  it('[Sec-30] [Sec-34] malformed credentials are refused, whatever is malformed', async () => {
    const word = fc.constantFrom('OSS', 'OSS2', 'OSS4-HMAC-SHA256', 'AWS4-HMAC-SHA256', 'oss', 'Bearer', '');
    const field = fc.constantFrom(
      'Credential=',
      'AccessKeyId:',
      'Signature=',
      'Signature:',
      'AdditionalHeaders=',
      'OWNERKEY',
      '/',
      ':',
      ',',
      ';',
      ' ',
      'host',
      'x'.repeat(5_000),
      '20250101',
      'cn-hangzhou',
      'oss',
      'aliyun_v4_request',
      '=',
    );
    await fc.assert(
      fc.asyncProperty(word, fc.array(field, { maxLength: 8 }), async (first, fields) => {
        const authorization = `${first} ${fields.join('')}`.trim();
        if (authorization === '') return;
        const response = await exports.default.fetch(`http://localhost/${theirs}/a`, {
          headers: { authorization, 'x-oss-date': new Date().toUTCString() },
        });
        const answer = new Answer(response, new Uint8Array(await response.arrayBuffer()));
        expect([400, 403]).toContain(answer.status);
        expectWellMannered(answer, 'GET');
      }),
      { numRuns: 150 },
    );
  });
});
