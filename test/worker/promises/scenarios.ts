import { runInDurableObject } from 'cloudflare:test';
import { createHash } from 'node:crypto';
import { patternBytes } from '../../support/bodies.ts';
import { shardsOf } from '../support/audit.ts';
import { type Answer, configOf, send, type Wish } from '../support/wire.ts';

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
  readonly act: (act: Act, known: string, bucket: string) => Promise<Answer>;
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

async function versioned(bucket: string): Promise<undefined> {
  await withObjects(bucket);
  await must(send('PUT', `/${bucket}?versioning`, { body: versioning }));
  await put(bucket, 'a', { body: large.subarray(2) });
}

/** @returns the id of the version that is not current */
async function olderVersion(bucket: string): Promise<string> {
  await must(send('PUT', `/${bucket}?versioning`, { body: versioning }));
  const { headers } = await put(bucket, 'a');
  await put(bucket, 'a', { body: small });
  return headers.get('x-oss-version-id')!;
}

const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';

async function appendable(bucket: string): Promise<undefined> {
  await must(send('POST', `/${bucket}/log?append&position=0`, { body: large }));
}

/** @returns the id of an upload with two parts */
async function upload(bucket: string): Promise<string> {
  await withObjects(bucket);
  const id = (await must(send('POST', `/${bucket}/a?uploads`))).one('UploadId')!;
  for (const number of [1, 2]) {
    await must(
      send('PUT', `/${bucket}/a?partNumber=${number}&uploadId=${id}`, { body: patternBytes(110_000, number) }),
    );
  }
  return id;
}

/** Configuration documents: sub-resource, name of the operations, a document, and whether it can be deleted. */
const documents: readonly (readonly [resource: string, name: string, document: string, deletable: boolean])[] = [
  ['website', 'BucketWebsite', element('WebsiteConfiguration/IndexDocument/Suffix', 'index.html'), true],
  [
    'transferAcceleration',
    'BucketTransferAcceleration',
    element('TransferAccelerationConfiguration/Enabled', 'true'),
    true,
  ],
  ['tagging', 'BucketTags', element('Tagging/TagSet/Tag', '<Key>k</Key><Value>v</Value>'), true],
  [
    'encryption',
    'BucketEncryption',
    element('ServerSideEncryptionRule/ApplyServerSideEncryptionByDefault/SSEAlgorithm', 'AES256'),
    true,
  ],
  ['requestPayment', 'BucketRequestPayment', element('RequestPaymentConfiguration/Payer', 'Requester'), false],
  [
    'referer',
    'BucketReferer',
    element(
      'RefererConfiguration',
      '<AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer>http://a.test</Referer></RefererList>',
    ),
    false,
  ],
  [
    'cors',
    'BucketCors',
    element(
      'CORSConfiguration/CORSRule',
      '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>',
    ),
    true,
  ],
  [
    'policy',
    'BucketPolicy',
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["*"],"Resource":["acs:oss:*:*:*"]}]}',
    true,
  ],
];

/** Nested elements. */
function element(path: string, content: string): string {
  return path.split('/').reduceRight((inside, name) => `<${name}>${inside}</${name}>`, content);
}

function configurations([resource, name, document, deletable]: (typeof documents)[number]): Scenario[] {
  const put = (act: Act) => act('PUT', `?${resource}`, { body: document });
  const remove: Scenario = {
    operation: `Delete${name}`,
    way: '',
    arrange: async (bucket) => {
      await must(send('PUT', `/${bucket}?${resource}`, { body: document }));
      return undefined;
    },
    act: (act) => act('DELETE', `?${resource}`),
  };
  return [{ operation: `Put${name}`, way: '', act: put }, ...(deletable ? [remove] : [])];
}

/** Ends the wait for what is being restored. */
async function thaw(bucket: string): Promise<void> {
  for (const stub of shardsOf(await configOf(bucket))) {
    await runInDurableObject(stub, (_instance, { storage }) => {
      storage.sql.exec("UPDATE version SET restore = json_set(restore, '$.ready', 0) WHERE restore IS NOT NULL");
    });
  }
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
  { operation: 'PutBucketVersioning', way: '', act: (act) => act('PUT', '?versioning', { body: versioning }) },
  ...documents.flatMap(configurations),
  {
    operation: 'PutObject',
    way: 'over a version',
    arrange: versioned,
    act: (act) => act('PUT', '/a', { body: large.subarray(3) }),
  },
  { operation: 'DeleteObject', way: 'by a marker', arrange: versioned, act: (act) => act('DELETE', '/a') },
  {
    operation: 'DeleteObject',
    way: 'one version',
    arrange: olderVersion,
    act: (act, id) => act('DELETE', `/a?versionId=${id}`),
  },
  {
    operation: 'DeleteMultipleObjects',
    way: 'by markers',
    arrange: versioned,
    act: (act) => act('POST', '?delete', batch(['a', 'b'])),
    perObject: true,
  },
  {
    operation: 'AppendObject',
    way: 'a new one',
    arrange: withObjects,
    act: (act) => act('POST', '/log?append&position=0', { body: small }),
  },
  {
    operation: 'AppendObject',
    way: 'a little',
    arrange: appendable,
    act: (act) => act('POST', '/log?append&position=20000', { body: small }),
  },
  {
    operation: 'AppendObject',
    way: 'so much that the tail is flushed',
    arrange: appendable,
    act: (act) => act('POST', '/log?append&position=20000', { body: patternBytes(120_000) }),
  },
  {
    operation: 'AppendObject',
    way: 'more than a tail',
    arrange: appendable,
    act: (act) => act('POST', '/log?append&position=20000', { body: patternBytes(140_000) }),
  },
  ...['a', 'b'].flatMap((source) =>
    ['a', 'copy-1', 'copy-2'].map(
      (key): Scenario => ({
        operation: 'CopyObject',
        way: `${source} to ${key}`,
        arrange: withObjects,
        act: (act, _, bucket) =>
          act('PUT', `/${key}`, {
            headers: {
              'x-oss-copy-source': `/${bucket}/${source}`,
              'x-oss-metadata-directive': 'REPLACE',
              'x-oss-meta-new': 'yes',
            },
          }),
      }),
    ),
  ),
  { operation: 'InitiateMultipartUpload', way: '', arrange: withObjects, act: (act) => act('POST', '/a?uploads') },
  {
    operation: 'UploadPart',
    way: 'a new one',
    arrange: upload,
    act: (act, id) => act('PUT', `/a?partNumber=3&uploadId=${id}`, { body: large }),
  },
  {
    operation: 'UploadPart',
    way: 'in place of another',
    arrange: upload,
    act: (act, id) => act('PUT', `/a?partNumber=1&uploadId=${id}`, { body: streamed }),
  },
  {
    operation: 'UploadPartCopy',
    way: '',
    arrange: upload,
    act: (act, id, bucket) =>
      act('PUT', `/a?partNumber=1&uploadId=${id}`, { headers: { 'x-oss-copy-source': `/${bucket}/a` } }),
  },
  {
    operation: 'CompleteMultipartUpload',
    way: '',
    arrange: upload,
    act: (act, id) => act('POST', `/a?uploadId=${id}`, { headers: { 'x-oss-complete-all': 'yes' } }),
  },
  { operation: 'AbortMultipartUpload', way: '', arrange: upload, act: (act, id) => act('DELETE', `/a?uploadId=${id}`) },
  {
    operation: 'PutSymlink',
    way: '',
    arrange: withObjects,
    act: (act) => act('PUT', '/a?symlink', { headers: { 'x-oss-symlink-target': 'b' } }),
  },
  {
    operation: 'PutObjectTagging',
    way: '',
    arrange: withObjects,
    act: (act) =>
      act('PUT', '/a?tagging', { body: '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>' }),
  },
  {
    operation: 'DeleteObjectTagging',
    way: '',
    arrange: async (bucket) => {
      await put(bucket, 'a', { headers: { 'x-oss-tagging': 'k=v' } });
      return undefined;
    },
    act: (act) => act('DELETE', '/a?tagging'),
  },
  {
    operation: 'CleanRestoredObject',
    way: '',
    arrange: async (bucket) => {
      await put(bucket, 'a', { headers: { 'x-oss-storage-class': 'Archive' } });
      await must(send('POST', `/${bucket}/a?restore`));
      await thaw(bucket);
      return undefined;
    },
    act: (act) => act('POST', '/a?cleanRestoredObject'),
  },
];

/** Operations that have no scenario, and why. */
export const exempt: Readonly<Record<string, string>> = {
  SealAppendObject: 'is always refused',
  PutBucketResourceGroup: 'knows one group, so it changes nothing',
  PostObject: 'stores and commits as PutObject does',
  CreateCnameToken: 'is one call to the bucket',
  PutCname: 'asks the domain, see test/worker/cname',
  DeleteCname: 'belongs to PutCname',
};
