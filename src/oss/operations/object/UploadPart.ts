import { emptyReply } from '../../answer/reply.ts';
import { encryptionHeaders, sealingOf } from '../../object/encryption.ts';
import { md5OfEtag } from '../../object/headers.ts';
import { isInfrequent } from '../../object/meta.ts';
import {
  mustHaveUpload,
  partNumberOf,
  refusePartEncryption,
  uploadIdOf,
  uploadRefusal,
} from '../../object/multipart.ts';
import { commitBody, uploadBody } from '../../object/upload.ts';
import { refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';

/** Uploads one part, of any size up to 5 GB, in place of an earlier one of its number (reference 8.3.2). */
export const UploadPart = operation({
  name: 'UploadPart',
  method: 'PUT',
  target: 'object',
  select: ['uploadId', 'partNumber'],
  action: 'PutObject',
  access: 'write',
  paced: true,
  hierarchical: true,
  async run(exchange) {
    const { key, index } = exchange;
    const number = partNumberOf(exchange);
    refuseConditions(exchange.request.headers);
    refusePartEncryption(exchange.request.headers);
    const uploadId = uploadIdOf(exchange);
    const { cipher, storageClass } = await mustHaveUpload(exchange, uploadId);
    const sealing = sealingOf(exchange, cipher);
    const infrequent = isInfrequent(storageClass);
    const body = await uploadBody(exchange, key, { inlineLimit: 0, infrequent, sealing });
    const { size, md5, crc64, segments } = body;
    const part = { size, etag: md5, crc64, segments };
    const answer = await commitBody(exchange, body, () =>
      index.uploads.putPart(key, () => ({ key, uploadId, number, part, guard: exchange.guard })),
    );
    if ('refused' in answer) throw uploadRefusal(exchange, uploadId, answer);
    return emptyReply(200, {
      etag: `"${md5}"`,
      'content-md5': md5OfEtag(md5),
      'x-oss-hash-crc64ecma': crc64,
      ...encryptionHeaders(cipher),
    });
  },
});
