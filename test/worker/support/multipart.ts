import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { type Answer, send, type Wish } from './wire.ts';

/** Smallest part that may be followed by another one. */
export const PART = 100 * 1_024;

export { patternBytes as bytesOf } from '../../support/bodies.ts';

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** Upper-case hex. */
export function md5(data: Uint8Array | string): string {
  return createHash('md5').update(data).digest('hex').toUpperCase();
}

/** What the ETag of an object of parts with these ETags is. */
export function multipartEtag(etags: readonly string[]): string {
  return `${md5(etags.join(''))}-${etags.length}`;
}

/** Begins an upload. @returns its id */
export async function initiate(path: string, wish: Wish = {}): Promise<string> {
  const answer = await send('POST', `${path}?uploads`, wish);
  expect(answer.status, answer.text).toBe(200);
  return answer.one('UploadId')!;
}

export function sendPart(
  path: string,
  id: string,
  number: number | string,
  body: Uint8Array<ArrayBuffer>,
  wish: Wish = {},
): Promise<Answer> {
  return send('PUT', `${path}?partNumber=${number}&uploadId=${id}`, { ...wish, body });
}

/** Uploads a part. @returns its ETag without quotes */
export async function putPart(
  path: string,
  id: string,
  number: number,
  body: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const answer = await sendPart(path, id, number, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.header('etag')!.replaceAll('"', '');
}

export interface Part {
  readonly number: number | string;
  readonly etag: string;
}

export function partsXml(parts: readonly Part[]): string {
  const items = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`;
}

export function complete(path: string, id: string, parts: readonly Part[], wish: Wish = {}): Promise<Answer> {
  return send('POST', `${path}?uploadId=${id}`, { ...wish, body: new TextEncoder().encode(partsXml(parts)) });
}

/** Uploads an object in parts of the given contents. @returns the answer of the completion */
export async function uploadParts(
  path: string,
  contents: readonly Uint8Array<ArrayBuffer>[],
  wish: Wish = {},
): Promise<Answer> {
  const id = await initiate(path, wish);
  const parts: Part[] = [];
  for (const [i, content] of contents.entries()) {
    parts.push({ number: i + 1, etag: await putPart(path, id, i + 1, content) });
  }
  const answer = await complete(path, id, parts);
  expect(answer.status, answer.text).toBe(200);
  return answer;
}
