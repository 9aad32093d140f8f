import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { shardOf } from '../../../src/index/names.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';

export function wormBody(kind: 'Initiate' | 'Extend', days: number | string): string {
  return `<${kind}WormConfiguration><RetentionPeriodInDays>${days}</RetentionPeriodInDays></${kind}WormConfiguration>`;
}

/** @returns the policy's id */
export async function initiate(bucket: string, days: number): Promise<string> {
  const answer = await send('POST', `/${bucket}?worm`, { body: wormBody('Initiate', days) });
  if (answer.status !== 200) throw new Error(`no policy: ${answer.text}`);
  return answer.header('x-oss-worm-id')!;
}

export async function lock(bucket: string, id: string): Promise<void> {
  const answer = await send('POST', `/${bucket}?wormId=${id}`);
  if (answer.status !== 200) throw new Error(`not locked: ${answer.text}`);
}

/** @returns the id of a locked policy */
export async function locked(bucket: string, days: number): Promise<string> {
  const id = await initiate(bucket, days);
  await lock(bucket, id);
  return id;
}

export function extend(bucket: string, id: string, days: number): Promise<Answer> {
  return send('POST', `/${bucket}?wormId=${id}&wormExtend`, { body: wormBody('Extend', days) });
}

/** Gives a bucket a versioning state. */
export async function versioned(bucket: string, versioning: 'Enabled' | 'Suspended'): Promise<void> {
  const stub = env.BUCKET.get(env.BUCKET.idFromName(bucket));
  const config = (await stub.load())!;
  await stub.update(config.id, config.version, { versioning });
  configCopies.clear();
}

/** A bucket with several index shards, and names of objects that lie in as many of them. */
export async function shardedBucket(shards: number): Promise<{ bucket: string; keys: string[] }> {
  const bucket = await newBucket();
  const stub = env.BUCKET.get(env.BUCKET.idFromName(bucket));
  const { version, id, created, epoch, objectAcls, documents, ...seed } = (await stub.load())!;
  await stub.remove(id);
  const reply = await stub.create({ ...seed, shards });
  configCopies.clear();
  if (!('created' in reply)) throw new Error('no bucket');
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < shards; i++) keys.set(shardOf(reply.created.id, `key-${i}`, shards), `key-${i}`);
  return { bucket, keys: [...keys.values()] };
}

export function deleteMany(bucket: string, keys: readonly string[], as?: 'anonymous'): Promise<Answer> {
  const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
  const md5 = createHash('md5').update(body).digest('base64');
  return send('POST', `/${bucket}?delete`, {
    body,
    headers: { 'content-md5': md5 },
    ...(as === undefined ? {} : { as }),
  });
}

/** Keys that the bucket holds. */
export async function held(bucket: string): Promise<string[]> {
  return (await send('GET', `/${bucket}?max-keys=1000`)).all('Key');
}
