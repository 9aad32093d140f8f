import { createHash } from 'node:crypto';
import { patternBytes } from '../../support/bodies.ts';
import { type Answer, send, type Wish } from '../support/wire.ts';

/** Sends the one request under test. */
export type Act = (method: string, target: string, wish?: Wish) => Promise<Answer>;

/** One way to change something. */
export interface Scenario {
  /** Operation of the table. */
  readonly operation: string;
  /** What is particular about it. */
  readonly way: string;
  /** Kind of bucket; `none` where there is none yet. */
  readonly bucket?: 'flat' | 'tree' | 'none';
  /** Brings the bucket into the state before. @returns what `act` must know, such as an id */
  readonly arrange?: (bucket: string) => Promise<string | undefined>;
  readonly act: (act: Act, known: string) => Promise<Answer>;
  /** Objects that the request changes one by one: each of them is as before or as after. */
  readonly perObject?: boolean;
}

const small = 'small';
const large = patternBytes(20_000);
const streamed = patternBytes(600_000);

function put(bucket: string, key: string, wish: Wish = {}): Promise<Answer> {
  return must(send('PUT', `/${bucket}/${key}`, { body: large, ...wish }));
}

async function must(answer: Promise<Answer>): Promise<Answer> {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`not arranged: ${status} ${text}`);
  return answer;
}

async function withObjects(bucket: string): Promise<undefined> {
  await put(bucket, 'a', { headers: { 'x-oss-meta-old': 'yes' } });
  await put(bucket, 'b', { body: small });
}

async function tree(bucket: string): Promise<undefined> {
  await must(send('POST', `/${bucket}/dir?x-oss-dir`));
  for (const key of ['dir/a', 'other']) await put(bucket, key);
}

async function archived(bucket: string): Promise<undefined> {
  await put(bucket, 'a', { headers: { 'x-oss-storage-class': 'Archive' } });
}

function wormDocument(kind: 'Initiate' | 'Extend', days: number): string {
  return `<${kind}WormConfiguration><RetentionPeriodInDays>${days}</RetentionPeriodInDays></${kind}WormConfiguration>`;
}

async function policy(bucket: string): Promise<string> {
  const answer = await must(send('POST', `/${bucket}?worm`, { body: wormDocument('Initiate', 2) }));
  return answer.header('x-oss-worm-id')!;
}

async function lockedPolicy(bucket: string): Promise<string> {
  const id = await policy(bucket);
  await must(send('POST', `/${bucket}?wormId=${id}`));
  return id;
}

function batch(keys: readonly string[]): Wish {
  const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
  return { body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Response(bytes as Uint8Array<ArrayBuffer>).body!;
}

/** Every operation that changes something, in each way that takes another path through the storage. */
export const scenarios: readonly Scenario[] = [
  { operation: 'PutBucket', way: 'a new one', bucket: 'none', act: (act) => act('PUT', '') },
  {
    operation: 'PutBucket',
    way: 'an existing one with another ACL',
    act: (act) => act('PUT', '', { headers: { 'x-oss-acl': 'public-read' } }),
  },
  {
    operation: 'PutBucketAcl',
    way: 'of an existing bucket',
    arrange: withObjects,
    act: (act) => act('PUT', '?acl', { headers: { 'x-oss-acl': 'public-read' } }),
  },
  {
    operation: 'PutBucketAcl',
    way: 'that creates a bucket',
    bucket: 'none',
    act: (act) => act('PUT', '?acl', { headers: { 'x-oss-acl': 'public-read' } }),
  },
  { operation: 'DeleteBucket', way: 'an empty one', act: (act) => act('DELETE', '') },
  {
    operation: 'InitiateBucketWorm',
    way: '',
    act: (act) => act('POST', '?worm', { body: wormDocument('Initiate', 1) }),
  },
  { operation: 'AbortBucketWorm', way: '', arrange: policy, act: (act) => act('DELETE', '?worm') },
  { operation: 'CompleteBucketWorm', way: '', arrange: policy, act: (act, id) => act('POST', `?wormId=${id}`) },
  {
    operation: 'ExtendBucketWorm',
    way: '',
    arrange: lockedPolicy,
    act: (act, id) => act('POST', `?wormId=${id}&wormExtend`, { body: wormDocument('Extend', 3) }),
  },
  ...(['new', 'a'] as const).flatMap((key): Scenario[] => [
    {
      operation: 'PutObject',
      way: `${key}, small`,
      arrange: withObjects,
      act: (act) => act('PUT', `/${key}`, { body: small }),
    },
    {
      operation: 'PutObject',
      way: `${key}, with metadata and an ACL`,
      arrange: withObjects,
      act: (act) =>
        act('PUT', `/${key}`, {
          body: large.subarray(1),
          headers: { 'x-oss-meta-new': 'yes', 'x-oss-object-acl': 'public-read' },
        }),
    },
    {
      operation: 'PutObject',
      way: `${key}, streamed`,
      arrange: withObjects,
      act: (act) => act('PUT', `/${key}`, { body: streamed, headers: { 'content-length': String(streamed.length) } }),
    },
    {
      operation: 'PutObject',
      way: `${key}, of unknown length`,
      arrange: withObjects,
      act: (act) => act('PUT', `/${key}`, { body: streamOf(patternBytes(1_500_000)) }),
    },
  ]),
  {
    operation: 'PutObjectACL',
    way: '',
    arrange: withObjects,
    act: (act) => act('PUT', '/a?acl', { headers: { 'x-oss-object-acl': 'public-read' } }),
  },
  { operation: 'DeleteObject', way: '', arrange: withObjects, act: (act) => act('DELETE', '/a') },
  {
    operation: 'DeleteMultipleObjects',
    way: '',
    arrange: withObjects,
    act: (act) => act('POST', '?delete', batch(['a', 'b', 'none'])),
    perObject: true,
  },
  { operation: 'RestoreObject', way: '', arrange: archived, act: (act) => act('POST', '/a?restore') },
  {
    operation: 'CreateDirectory',
    way: '',
    bucket: 'tree',
    arrange: tree,
    act: (act) => act('POST', '/new/deep?x-oss-dir'),
  },
  {
    operation: 'Rename',
    way: 'a directory',
    bucket: 'tree',
    arrange: tree,
    act: (act) => act('POST', '/moved?x-oss-rename', { headers: { 'x-oss-rename-source': 'dir' } }),
  },
  {
    operation: 'Rename',
    way: 'a file',
    bucket: 'tree',
    arrange: tree,
    act: (act) => act('POST', '/moved?x-oss-rename', { headers: { 'x-oss-rename-source': 'other' } }),
  },
  {
    operation: 'DeleteDirectory',
    way: 'with all that is in it',
    bucket: 'tree',
    arrange: tree,
    act: (act) => act('POST', '/dir?x-oss-delete', { headers: { 'x-oss-delete-recursive': 'true' } }),
  },
];
