import { xmlReply } from '../../answer/reply.ts';
import { encodingParameter } from '../../listing/parameters.ts';
import { encryptionHeaders, requestSealing } from '../../object/encryption.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestFlag, requestMeta, requestObjectAcl, requestStorageClass } from '../../object/meta.ts';
import { taggingHeader } from '../../object/tagging.ts';
import { announceObjectAcl, refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

/** Begins an upload in parts: all that is said of the object but its bytes (reference 8.3.1). */
export const InitiateMultipartUpload = operation({
  name: 'InitiateMultipartUpload',
  method: 'POST',
  target: 'object',
  select: ['uploads'],
  query: ['sequential', 'encoding-type'],
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  hierarchical: true,
  async run(exchange) {
    const { key } = exchange;
    const { headers } = exchange.request;
    const encoding = encodingParameter(exchange);
    refuseConditions(headers);
    // Asked again at the commit, as with PutObject.
    const storageClass = () => requestStorageClass(headers, exchange.bucket.storageClass);
    storageClass();
    let sealing = requestSealing(exchange, headers);
    const head = {
      acl: requestObjectAcl(headers),
      meta: requestMeta(headers),
      tags: taggingHeader(headers),
    };
    const forbidOverwrite = requestFlag(headers, 'x-oss-forbid-overwrite');
    await announceObjectAcl(exchange, head.acl);
    const answer = await exchange.index.uploads.initiate(key, () => {
      sealing = requestSealing(exchange, headers);
      return {
        key,
        head: { ...head, storageClass: storageClass(), cipher: sealing?.cipher ?? null },
        versioning: exchange.bucket.versioning ?? null,
        forbidOverwrite,
        guard: exchange.guard,
      };
    });
    if ('refused' in answer) throw objectRefusal(answer.refused, key);
    const result = {
      EncodingType: encoding.requested ? 'url' : undefined,
      Bucket: exchange.bucket.name,
      Key: encoding.encode(key),
      UploadId: answer.ok.uploadId,
    };
    return xmlReply(writeXml('InitiateMultipartUploadResult', result), encryptionHeaders(sealing?.cipher ?? null));
  },
});
