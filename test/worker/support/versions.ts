import { createHash } from 'node:crypto';
import { type Answer, newBucket, send, type Wish } from './wire.ts';

export type Status = 'Enabled' | 'Suspended';

export async function setVersioning(bucket: string, status: Status): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  const answer = await send('PUT', `/${bucket}?versioning`, { body });
  if (answer.status !== 200) throw new Error(`not ${status}: ${answer.status} ${answer.text}`);
}

/** A new bucket with versioning. */
export async function newVersionedBucket(status: Status = 'Enabled', wish: Parameters<typeof newBucket>[0] = {}) {
  const bucket = await newBucket(wish);
  await setVersioning(bucket, status);
  return bucket;
}

/** Sends what must succeed. */
export async function done(method: string, path: string, wish: Wish = {}): Promise<Answer> {
  const answer = await send(method, path, wish);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.code} ${answer.text}`);
  return answer;
}

/** Puts an object. @returns its version id, null where the answer has none */
export async function put(bucket: string, key: string, body = key, headers: Record<string, string> = {}) {
  return (await done('PUT', `/${bucket}/${key}`, { body, headers })).header('x-oss-version-id');
}

/** The same for a versioned bucket. */
export async function putVersion(bucket: string, key: string, body = key, headers: Record<string, string> = {}) {
  const id = await put(bucket, key, body, headers);
  if (id === null) throw new Error('no version id');
  return id;
}

/** Deletes without a version. @returns the id of the delete marker */
export async function mark(bucket: string, key: string): Promise<string> {
  const answer = await done('DELETE', `/${bucket}/${key}`);
  const id = answer.header('x-oss-version-id');
  if (id === null || answer.header('x-oss-delete-marker') !== 'true') throw new Error('no delete marker');
  return id;
}

export interface Entry {
  readonly element: string;
  readonly key: string | undefined;
  readonly version: string | undefined;
  readonly latest: boolean;
  /** The element's inside. */
  readonly xml: string;
}

/** `Version` and `DeleteMarker` of a listing, in their order. */
export function entriesOf(answer: Answer): Entry[] {
  return [...answer.text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, element = '', xml = '']) => ({
    element,
    key: textIn(xml, 'Key'),
    version: textIn(xml, 'VersionId'),
    latest: textIn(xml, 'IsLatest') === 'true',
    xml,
  }));
}

export function textIn(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
}

export async function listVersions(bucket: string, query = ''): Promise<Entry[]> {
  return entriesOf(await done('GET', `/${bucket}?versions${query}`));
}

/** `key@version`, with `!` for a marker and `*` for what is current: a listing in one glance. */
export function brief({ element, key, version, latest }: Entry): string {
  return `${key}@${version}${element === 'DeleteMarker' ? '!' : ''}${latest ? '*' : ''}`;
}

export interface Doomed {
  readonly key: string;
  readonly versionId?: string;
}

/** A batch delete. */
export function deleteAll(
  bucket: string,
  objects: readonly Doomed[],
  wish: Wish & { quiet?: boolean; query?: string } = {},
) {
  const inner = objects.map(
    ({ key, versionId }) =>
      `<Object><Key>${key}</Key>${versionId === undefined ? '' : `<VersionId>${versionId}</VersionId>`}</Object>`,
  );
  const quiet = wish.quiet === undefined ? '' : `<Quiet>${wish.quiet}</Quiet>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?><Delete>${quiet}${inner.join('')}</Delete>`;
  const headers = { 'content-md5': md5(body), ...wish.headers };
  return send('POST', `/${bucket}?delete${wish.query ?? ''}`, { ...wish, body, headers });
}

export function md5(body: string | Uint8Array): string {
  return createHash('md5').update(body).digest('base64');
}

/** What a `Deleted` entry of a batch answer says. */
export function deletedOf(answer: Answer): Record<string, string>[] {
  return [...answer.text.matchAll(/<Deleted>(.*?)<\/Deleted>/gs)].map(([, xml = '']) =>
    Object.fromEntries([...xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', text = '']) => [name, text])),
  );
}
