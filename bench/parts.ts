import { type Body, run } from './load.ts';
import type { Gateway } from './targets.ts';

/** An upload in parts, as far as completing it. */
export interface Upload {
  readonly key: string;
  readonly id: string;
  /** The list that completes it. */
  readonly list: Buffer;
}

/** How the n-th part comes to be, from 0: by its bytes, or as a copy of another object. */
export type Part = { readonly body: Body } | { readonly copyOf: string };

/** Begins an upload and stores its parts. They all have the same bytes. */
export async function uploadParts(gateway: Gateway, key: string, count: number, part: Part): Promise<Upload> {
  const begun = await gateway.must(gateway.signed('POST', key, { query: '?uploads' }));
  const id = /<UploadId>(.+?)<\/UploadId>/.exec(begun)?.[1] ?? '';
  const wish =
    'body' in part ? { body: part.body } : { headers: { 'x-oss-copy-source': gateway.sourceOf(part.copyOf) } };
  const { bad } = await run({
    port: gateway.port,
    concurrency: 16,
    seconds: 0,
    atLeast: count,
    call: (n) => gateway.signed('PUT', key, { query: `?partNumber=${n + 1}&uploadId=${id}`, ...wish }),
  });
  if (bad > 0) throw new Error(`${bad} of the ${count} parts of ${key} could not be stored`);
  const listed = await gateway.must(gateway.signed('GET', key, { query: `?uploadId=${id}&max-parts=1` }));
  const etag = /<ETag>(.+?)<\/ETag>/.exec(listed)?.[1] ?? '';
  const parts = Array.from(
    { length: count },
    (_, n) => `<Part><PartNumber>${n + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  const list = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  return { key, id, list };
}

/** The call that makes an object of an upload. */
export function completion(gateway: Gateway, { key, id, list }: Upload) {
  return gateway.signed('POST', key, { query: `?uploadId=${id}`, body: list });
}
