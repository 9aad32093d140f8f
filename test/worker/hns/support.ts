import { env } from 'cloudflare:workers';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

/** A bucket with a hierarchical namespace. */
export function newTree(wish: Parameters<typeof newBucket>[0] = {}): Promise<string> {
  return newBucket({ ...wish, headers: { ...wish.headers, 'x-oss-hns-status': 'enabled' } });
}

export function put(bucket: string, key: string, wish: Wish = {}): Promise<Answer> {
  return send('PUT', `/${bucket}/${key}`, { body: key, ...wish });
}

export function makeDirectory(bucket: string, path: string, wish: Wish = {}): Promise<Answer> {
  return send('POST', `/${bucket}/${path}?x-oss-dir`, wish);
}

export function rename(bucket: string, source: string, target: string, wish: Wish = {}): Promise<Answer> {
  const headers = { 'x-oss-rename-source': source, ...wish.headers };
  return send('POST', `/${bucket}/${target}?x-oss-rename`, { ...wish, headers });
}

export function removeDirectory(bucket: string, path: string, wish: Wish = {}): Promise<Answer> {
  return send('POST', `/${bucket}/${path}?x-oss-delete`, wish);
}

/** One request of a recursive deletion. */
export function removeTree(bucket: string, path: string, token?: string, wish: Wish = {}): Promise<Answer> {
  return removeDirectory(bucket, path, {
    ...wish,
    headers: {
      'x-oss-delete-recursive': 'true',
      ...(token === undefined ? {} : { 'x-oss-delete-token': token }),
      ...wish.headers,
    },
  });
}

/** All names in a bucket, directories with a slash at their end. */
export async function names(bucket: string): Promise<string[]> {
  return (await send('GET', `/${bucket}?max-keys=1000`)).all('Key');
}

export function result(answer: Answer): unknown[] {
  return answer.status < 400 ? [answer.status] : [answer.status, answer.code];
}

export const inTheWay = [409, 'FileAlreadyExists'];

/** Gives a bucket a policy. */
export async function policy(bucket: string, statements: readonly object[]): Promise<void> {
  const stub = env.BUCKET.get(env.BUCKET.idFromName(bucket));
  const { id, version } = (await stub.load())!;
  await stub.update(id, version, { documents: { policy: JSON.stringify({ Version: '1', Statement: statements }) } });
  configCopies.clear();
}
