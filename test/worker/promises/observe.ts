import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { type Answer, send } from '../support/wire.ts';

/** What describes an object, on a HEAD. */
const telling = ['content-length', 'content-type', 'x-oss-hash-crc64ecma', 'x-oss-object-type'] as const;

/** Configuration that a bucket may have, by sub-resource. */
const documents = [
  'acl',
  'worm',
  'versioning',
  'website',
  'policy',
  'transferAcceleration',
  'referer',
  'tagging',
  'encryption',
  'requestPayment',
  'cors',
];

/** What the bucket's object does some seconds after it was interrupted. */
export async function settle(bucket: string): Promise<void> {
  await runDurableObjectAlarm(env.BUCKET.get(env.BUCKET.idFromName(bucket)));
}

/** Everything that a client can see of a bucket, but for its name, its ids and the times in it. */
export async function observe(bucket: string): Promise<string> {
  const lines: string[] = [];
  const directory = await settled(bucket, `/?prefix=${bucket}`);
  lines.push(`listed: ${directory.all('Name').includes(bucket)}`);
  for (const name of documents) {
    const answer = await settled(bucket, `/${bucket}?${name}`);
    lines.push(`${name}: ${answer.status} ${plain(answer, bucket)}`);
  }
  const listing = await settled(bucket, `/${bucket}?max-keys=1000`);
  lines.push(`objects: ${listing.status} ${plain(listing, bucket)}`);
  for (const key of listing.all('Key')) lines.push(`${key}: ${await describe(bucket, key)}`);
  lines.push(...(await versionsOf(bucket)), ...(await uploadsOf(bucket)));
  return lines.join('\n');
}

/** How many versions each key has; nothing in a hierarchical bucket, which knows none. */
async function versionsOf(bucket: string): Promise<string[]> {
  const keys = (await settled(bucket, `/${bucket}?versions`)).all('Key');
  return [...Map.groupBy(keys, (key) => key)].map(([key, versions]) => `versions of ${key}: ${versions.length}`);
}

async function uploadsOf(bucket: string): Promise<string[]> {
  const uploads = await settled(bucket, `/${bucket}?uploads`);
  const ids = uploads.all('UploadId');
  return Promise.all(
    uploads.all('Key').map(async (key, i) => {
      const parts = await settled(bucket, `/${bucket}/${encodeURIComponent(key)}?uploadId=${ids[i]}`);
      return `upload of ${key}: ${parts.all('PartNumber')} ${parts.all('ETag')}`;
    }),
  );
}

async function describe(bucket: string, key: string): Promise<string> {
  const path = `/${bucket}/${encodeURIComponent(key)}`;
  const whole = await settled(bucket, path);
  // A frozen object gives no bytes, but its headers tell whether it is being restored.
  const head = whole.status === 200 ? whole : await settled(bucket, path, 'HEAD');
  const acl = await settled(bucket, `${path}?acl`);
  const tags = await settled(bucket, `${path}?tagging`);
  const meta = [...head.headers].filter(([name]) => name.startsWith('x-oss-meta-'));
  const content = whole.status === 200 ? createHash('md5').update(whole.bytes).digest('hex') : whole.code;
  const restoring = head.header('x-oss-restore')?.startsWith('ongoing') ?? false;
  const grant = acl.one('Grant');
  return JSON.stringify([telling.map((name) => head.header(name)), meta, restoring, content, grant, tags.all('Value')]);
}

/** An answer without what differs between two buckets that are in the same state. */
function plain(answer: Answer, bucket: string): string {
  if (answer.status >= 400) return String(answer.code);
  return (
    answer.text
      .replaceAll(bucket, 'BUCKET')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'TIME')
      .replace(/<WormId>[^<]*</g, '<WormId>ID<')
      // What an appendable's ETag is, chance decides.
      .replace(/[0-9A-F]{24}0{8}/g, 'ETAG')
  );
}

/** Reads. Where the bucket's object was interrupted, its shards may refuse until its alarm. */
async function settled(bucket: string, path: string, method = 'GET'): Promise<Answer> {
  const answer = await send(method, path);
  if (answer.status !== 503) return answer;
  await settle(bucket);
  return send(method, path);
}
