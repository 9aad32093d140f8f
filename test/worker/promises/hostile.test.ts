import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Operation } from '../../../src/oss/operation.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { type Answer, newBucket, newName, send, type Wish } from '../support/wire.ts';

/** Another corpus each time; FUZZ_SEED repeats one that failed. */
const seed = Number(process.env.FUZZ_SEED || Date.now() % 1_000_000_000);

/** Requests for each operation. */
const ROUNDS = 25;
const ANSWER_MS = 10_000;

const numbers = [
  '0',
  '-1',
  '1',
  '1000',
  '10001',
  '4294967296',
  '18446744073709551616',
  '1e9',
  'NaN',
  '٣',
  '0x10',
  '1.5',
];
const texts = [
  '',
  ' ',
  'a',
  'true',
  'null',
  'yes',
  '../../etc/passwd',
  '%00',
  '%2F%2e%2e%2F',
  '%zz',
  'é中\u{1f600}',
  '\ufeff',
  '"\'<>&;,=',
  '${jndi:ldap://localhost/}',
  'a'.repeat(1_025),
  'é'.repeat(3_000),
  '[]{}()*+?.\\^$|'.repeat(40),
  `CAEQ${'0'.repeat(60)}`,
  'F'.repeat(32),
  'private',
  'AES256',
  'bytes=0-',
  'bytes=-0,1-2',
  '/bucket/key',
  '/no-such-bucket/%',
  '?versionId=null',
  'k=v&k=v',
  'a:YQ==,b:%%%',
  'eyJhIjoxfQ==',
  '2026-11-26T00:00:00.000Z',
  'Thu, 26 Nov 2026 00:00:00 GMT',
];

/** Headers that some operation reads, and some that none should. */
const headerNames =
  `x-oss-acl x-oss-object-acl x-oss-storage-class x-oss-forbid-overwrite x-oss-tagging x-oss-tagging-directive
  x-oss-metadata-directive x-oss-copy-source x-oss-copy-source-range x-oss-copy-source-if-match x-oss-symlink-target
  x-oss-server-side-encryption x-oss-server-side-encryption-key-id x-oss-server-side-data-encryption x-oss-hns-status
  x-oss-resource-group-id x-oss-request-payer x-oss-persistent-headers x-oss-delete-token x-oss-delete-recursive
  x-oss-rename-source x-oss-complete-all x-oss-traffic-limit x-oss-callback x-oss-callback-var x-oss-range-behavior
  x-oss-object-restore-priority x-oss-meta-a x-oss-meta-é x-oss-process x-oss-content-type range if-match if-none-match
  if-modified-since if-unmodified-since content-md5 content-type content-encoding content-disposition cache-control expires
  origin referer access-control-request-method access-control-request-headers accept-encoding encoding-type
  x-oss-website-redirect-location cf-connecting-ip x-forwarded-for`
    .split(/\s+/)
    .filter((name) => /^[a-z0-9-]+$/.test(name));

const deep = `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`;
const bodies: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  '',
  ' ',
  '{}',
  '[1,2',
  'null',
  '<',
  '<a/>',
  deep,
  `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1_001)}</Delete>`,
  '<Delete><Object><Key></Key></Object></Delete>',
  `<Tagging><TagSet>${'<Tag><Key>k</Key><Value>v</Value></Tag>'.repeat(11)}</TagSet></Tagging>`,
  '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]><Tagging><TagSet>&d;</TagSet></Tagging>',
  '<?xml version="1.0" encoding="UTF-16"?><CreateBucketConfiguration/>',
  '<VersioningConfiguration><Status>Perhaps</Status></VersioningConfiguration>',
  '<WebsiteConfiguration><IndexDocument><Suffix>/</Suffix></IndexDocument><RoutingRules><RoutingRule/></RoutingRules></WebsiteConfiguration>',
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>BREW</AllowedMethod></CORSRule></CORSConfiguration>',
  '<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber><ETag>&#0;</ETag></Part></CompleteMultipartUpload>',
  '<RestoreRequest><Days>1e99</Days></RestoreRequest>',
  '<InitiateWormConfiguration><RetentionPeriodInDays>99999999999</RetentionPeriodInDays></InitiateWormConfiguration>',
  '<BucketCnameConfiguration><Cname><Domain>..</Domain></Cname></BucketCnameConfiguration>',
  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"${'*?'.repeat(500)}","Resource":"*","Principal":"*"}]}`,
  `{"Version":"1","Statement":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  '{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Resource":"acs:oss:*:*:*","Principal":["*"],"Condition":{"IpAddress":{"acs:SourceIp":"::/129"}}}]}',
  '--b\r\ncontent-disposition: form-data; name="key"\r\n\r\n${filename}\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="../x"\r\n\r\nx\r\n--b--\r\n',
  '--b\r\n'.repeat(1_000),
  new Uint8Array([0xff, 0xfe, 0x3c, 0x00, 0x61, 0x00]),
  new Uint8Array(300_000),
  'x'.repeat(200_000),
];

const anyText = fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...numbers));
const keyParts = fc.oneof(fc.constantFrom('a', 'dir/b', 'trailing/'), fc.constantFrom(...texts));

const requests = fc.record({
  bucket: fc.constantFrom('flat', 'flat', 'flat', 'tree', 'none', 'odd'),
  key: keyParts,
  /** Values of the operation's own query keys; whether each optional one is there. */
  values: fc.array(fc.option(anyText), { minLength: 12, maxLength: 12 }),
  stray: fc.option(fc.tuple(fc.constantFrom('acl', 'uploads', 'versionId', 'x-oss-process', 'a', 'é'), anyText), {
    freq: 5,
  }),
  headers: fc.array(fc.tuple(fc.constantFrom(...headerNames), anyText), { maxLength: 4 }),
  body: fc.option(fc.nat(bodies.length - 1)),
  form: fc.boolean(),
  as: fc.constantFrom<NonNullable<Wish['as']>[]>('owner', 'owner', 'owner', 'anonymous', 'other'),
});

type Hostile = typeof requests extends fc.Arbitrary<infer T> ? T : never;

interface Buckets {
  flat: string;
  tree: string;
}

function requestOf(
  { method, target, select = [], selectHeader, query = [] }: Operation,
  hostile: Hostile,
  own: Buckets,
) {
  const { bucket, key, values, stray, headers, body, form, as } = hostile;
  const names = { flat: own.flat, tree: own.tree, none: newName(), odd: 'Odd_%00Name' };
  const items = [
    ...select.map((item, i) => (item.includes('=') ? item : `${item}=${encodeURIComponent(values[i] ?? '')}`)),
    ...query.flatMap((item, i) => {
      const value = values[(i + select.length) % values.length];
      return value == null ? [] : [`${item}=${encodeURIComponent(value)}`];
    }),
    ...(stray === null ? [] : [`${encodeURIComponent(stray[0])}=${encodeURIComponent(stray[1])}`]),
  ];
  const path = {
    service: '/',
    bucket: `/${names[bucket as 'flat']}`,
    object: `/${names[bucket as 'flat']}/${encodeURIComponent(key)}`,
  };
  const mayHaveBody = method !== 'GET' && method !== 'HEAD';
  const chosen = Object.fromEntries(headers.filter(([, value]) => isHeaderValue(value)));
  const wish: Wish = {
    as,
    scheme: 'V4',
    headers: {
      ...chosen,
      ...(selectHeader === undefined ? {} : { [selectHeader]: chosen[selectHeader] ?? `/${own.flat}/a` }),
      ...(form ? { 'content-type': 'multipart/form-data; boundary=b' } : {}),
    },
    ...(body === null || !mayHaveBody ? {} : { body: bodies[body]! }),
  };
  return { path: `${path[target]}${items.length > 0 ? `?${items.join('&')}` : ''}`, wish };
}

/** What HTTP can carry at all. */
function isHeaderValue(value: string): boolean {
  return value === value.trim() && !/[\ufeff\r\n\0]/.test(value);
}

async function inTime<T>(run: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  return Promise.race([run, late]).finally(() => clearTimeout(timer));
}

/** A success, or a refusal that says why. 501 is for what is not built. */
function expectSober(answer: Answer, what: string, isPlanned: boolean): void {
  if (answer.status >= 500) expect([answer.status, isPlanned], what).toEqual([501, true]);
  if (answer.status < 400 || answer.status === 404) return;
  expect(answer.code, what).toMatch(/^[A-Za-z]+$/);
}

/** Whether a stray parameter makes a request one for an operation that is not built: `x-oss-process` does. */
function becomesPlanned({ method, target }: Operation, stray: string | undefined): boolean {
  return planned.some((row) => row.method === method && row.target === target && row.select?.join() === stray);
}

it('[Sec-29] [Sec-40] Promise 7: nothing that can be sent to any operation makes it fail or hang', async () => {
  console.log(`FUZZ_SEED=${seed}`);
  const own = { flat: await newBucket(), tree: await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } }) };
  for (const [i, operation] of [...built, ...planned].entries()) {
    const isBuilt = operation.run !== undefined;
    for (const hostile of fc.sample(requests, { seed: seed + i, numRuns: isBuilt ? ROUNDS : 3 })) {
      const { path, wish } = requestOf(operation, hostile, own);
      const what = `${operation.name}: ${operation.method} ${path.slice(0, 300)} ${JSON.stringify(hostile).slice(0, 600)}`;
      const answer = await inTime(send(operation.method, path, wish)).catch((error) => {
        throw new Error(what, { cause: error });
      });
      expectSober(answer, what, !isBuilt || becomesPlanned(operation, hostile.stray?.[0]));
      if (answer.status < 300 && operation.name === 'DeleteBucket') {
        Object.assign(own, {
          flat: await newBucket(),
          tree: await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } }),
        });
      }
    }
  }
  expect((await send('GET', `/${own.flat}`)).status).toBe(200);
}, 300_000);
