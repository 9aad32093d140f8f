import type { Removed, RemoveEntry } from '../../../index/records.ts';
import { isVersionId } from '../../../index/versions.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply, xmlReply } from '../../answer/reply.ts';
import { encodingParameter, type KeyEncoding } from '../../listing/parameters.ts';
import { objectRefusal } from '../../object/headers.ts';
import { refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';
import { isObjectName } from '../../request/address.ts';
import { readDocument } from '../../request/body.ts';
import { decode, document, list, optional, record } from '../../xml/schema.ts';
import { boolean, text } from '../../xml/values.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Most bytes of a batch, and most objects in one ([DeleteMultipleObjects-5]). */
const BATCH_BYTES_MAX = 2 * 1_024 * 1_024;
const BATCH_OBJECTS_MAX = 1_000;

const batch = document(
  'Delete',
  record({
    quiet: optional(boolean(), false),
    objects: list('Object', record({ key: text({ keepBlanks: true }), versionId: optional(text()) }), {
      min: 1,
      max: BATCH_OBJECTS_MAX,
    }),
  }),
);

/** Deletes up to 1,000 objects in one request (reference 8.1.6). */
export const DeleteMultipleObjects = operation({
  name: 'DeleteMultipleObjects',
  method: 'POST',
  target: 'bucket',
  select: ['delete'],
  query: ['encoding-type'],
  action: 'DeleteObject',
  versionAction: 'DeleteObjectVersion',
  access: 'write',
  perObject: true,
  hierarchical: false,
  async run(exchange) {
    refuseConditions(exchange.request.headers);
    // The Java SDK sends it as a header ([DeleteMultipleObjects-10]).
    const encoding = encodingParameter(
      exchange,
      exchange.query('encoding-type') ?? exchange.header('encoding-type') ?? undefined,
    );
    if (exchange.header('content-md5') === null)
      throw new OssError('MissingArgument', { extra: { ArgumentName: 'Content-MD5' } });
    const bytes = await readDocument(exchange, BATCH_BYTES_MAX);
    const { quiet, objects } = decode(batch, bytes, { maxBytes: BATCH_BYTES_MAX, maxElements: 4 * BATCH_OBJECTS_MAX });
    const entries = objects.map(checkedEntry);
    await exchange.judgement.judgeObjects(entries);
    const answer = await exchange.index.remove(
      entries,
      () => ({ versioning: exchange.bucket.versioning ?? null, guard: exchange.guard }),
      () => exchange.bucket.documents.worm !== undefined || !exchange.guard.owner,
    );
    if ('refused' in answer) throw objectRefusal(answer.refused, '');
    return quiet ? emptyReply() : xmlReply(render(entries, answer.ok, encoding));
  },
});

function checkedEntry({ key, versionId }: { key: string; versionId?: string }): RemoveEntry {
  if (!isObjectName(key)) throw new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
  if (versionId === undefined) return { key };
  if (!isVersionId(versionId))
    throw invalidArgument('VersionId', versionId.slice(0, 256), 'Invalid version id specified');
  return { key, versionId };
}

function render(entries: readonly RemoveEntry[], removed: readonly Removed[], encoding: KeyEncoding): string {
  const out = new XmlWriter('DeleteResult').leaf('EncodingType', encoding.requested ? 'url' : undefined);
  entries.forEach(({ key, versionId }, i) => {
    const { marker, versionId: result } = removed[i]!;
    out
      .open('Deleted')
      .leaf('Key', encoding.encode(key))
      .leaf('VersionId', versionId)
      .leaf('DeleteMarker', marker || undefined)
      .leaf('DeleteMarkerVersionId', marker ? (result ?? undefined) : undefined)
      .close();
  });
  return out.end();
}
