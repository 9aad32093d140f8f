import type { CompleteCommand, CompleteReply, NamedPart } from '../../../index/upload-records.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { respondWithCallback } from '../../callback/respond.ts';
import type { Exchange } from '../../exchange.ts';
import { encodingParameter } from '../../listing/parameters.ts';
import { encryptionHeaders } from '../../object/encryption.ts';
import { requestFlag, requestObjectAcl } from '../../object/meta.ts';
import { mustHaveUpload, PART_BYTES_MIN, PARTS_MAX, uploadIdOf, uploadRefusal } from '../../object/multipart.ts';
import { announceObjectAcl, refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode, document, list, record } from '../../xml/schema.ts';
import { integer, text } from '../../xml/values.ts';
import { writeXml } from '../../xml/write.ts';

/** Ten thousand parts, generously indented. */
const LIST_BYTES_MAX = 4 * 1_024 * 1_024;
const ETAG_CHARACTERS_MAX = 128;

const partList = document(
  'CompleteMultipartUpload',
  record({
    parts: list(
      'Part',
      record({
        partNumber: integer(1, PARTS_MAX, { code: 'InvalidArgument' }),
        eTag: text({ max: ETAG_CHARACTERS_MAX }),
      }),
      { max: PARTS_MAX },
    ),
  }),
);

/** Makes an object of the parts of an upload, in one transaction (reference 8.3.4). */
export const CompleteMultipartUpload = operation({
  name: 'CompleteMultipartUpload',
  method: 'POST',
  target: 'object',
  select: ['uploadId'],
  query: ['encoding-type', 'callback', 'callback-var'],
  action: 'PutObject',
  access: 'write',
  hierarchical: true,
  run(exchange) {
    const answer = completed(exchange);
    // A client that goes away does not stop it ([CompleteMultipartUpload-6]).
    exchange.execution.waitUntil(answer.catch(() => {}));
    return answer;
  },
});

async function completed(exchange: Exchange): Promise<Response> {
  const { headers } = exchange.request;
  const encoding = encodingParameter(exchange);
  refuseConditions(headers);
  const forbidOverwrite = requestFlag(headers, 'x-oss-forbid-overwrite');
  const acl = headers.has('x-oss-object-acl') ? { acl: requestObjectAcl(headers) } : {};
  const uploadId = uploadIdOf(exchange);
  await mustHaveUpload(exchange, uploadId);
  const parts = await partsOf(exchange);
  await announceObjectAcl(exchange, acl.acl ?? null);
  const reply = await complete(exchange, uploadId, { parts, forbidOverwrite, ...acl });
  const { size, etag, crc64, cipher, versionId, contentType } = reply;
  const told = {
    etag: `"${etag}"`,
    'x-oss-hash-crc64ecma': crc64,
    ...encryptionHeaders(cipher),
    ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
  };
  const answered = await respondWithCallback(exchange, { key: exchange.key, etag, size, contentType, crc64 }, told);
  if (answered !== undefined) return answered;
  const result = {
    EncodingType: encoding.requested ? 'url' : undefined,
    Location: locationOf(exchange),
    Bucket: exchange.bucket.name,
    Key: encoding.encode(exchange.key),
    ETag: `"${etag}"`,
  };
  return xmlReply(writeXml('CompleteMultipartUploadResult', result), told);
}

async function complete(
  exchange: Exchange,
  uploadId: string,
  wanted: Pick<CompleteCommand, 'parts' | 'forbidOverwrite' | 'acl'>,
): Promise<CompleteReply> {
  const { key, index } = exchange;
  const answer = await index.uploads.complete(key, () => ({
    key,
    uploadId,
    ...wanted,
    partMin: PART_BYTES_MIN,
    versioning: exchange.bucket.versioning ?? null,
    guard: exchange.guard,
  }));
  if ('refused' in answer) throw uploadRefusal(exchange, uploadId, answer);
  return answer.ok;
}

/**
 * The parts that the request wants: those of its body, or all that there are ([CompleteMultipartUpload-5]).
 * @throws {OssError} InvalidArgument, MalformedXML, InvalidDigest, InvalidPartOrder
 */
async function partsOf(exchange: Exchange): Promise<readonly NamedPart[] | 'all'> {
  const all = exchange.header('x-oss-complete-all');
  if (all !== null && all !== 'yes') throw invalidArgument('x-oss-complete-all', all.slice(0, 256));
  const bytes = await readDocument(exchange, LIST_BYTES_MAX);
  if (all !== null) {
    if (bytes.length === 0) return 'all';
    throw new OssError('InvalidArgument', {
      message: 'Should not speficy both complete all header and http body.',
      ec: '0042-00000216',
      extra: { ArgumentName: 'x-oss-complete-all', ArgumentValue: all },
    });
  }
  const { parts } = decode(partList, bytes, { maxBytes: LIST_BYTES_MAX, maxElements: 3 * PARTS_MAX + 1 });
  for (let i = 1; i < parts.length; i++) {
    if (parts[i]!.partNumber <= parts[i - 1]!.partNumber) throw new OssError('InvalidPartOrder');
  }
  return parts.map(({ partNumber, eTag }) => ({ number: partNumber, etag: eTag.replaceAll('"', '') }));
}

/** Where the object is, as the client addressed it. */
function locationOf({ request }: Exchange): string {
  const { origin, pathname } = new URL(request.url);
  return `${origin}${pathname}`;
}
