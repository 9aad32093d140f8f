import type { ObjectRecord, ReadReply } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Reads what a link leads to: the target's current version, in the same bucket, at this moment ([GetObject-21]). Both the
 * link and the target must be open to the caller ([GetObject-22]); who may not read the target does not learn whether it
 * exists.
 * @throws {OssError} AccessDenied, SymlinkTargetNotExist, InvalidTargetType
 */
export async function readTarget(
  exchange: Exchange,
  link: ObjectRecord,
  key: string,
  content: boolean,
): Promise<ReadReply> {
  await exchange.judgement.learnTagsOf({ key });
  exchange.judgement.judgeOther({ key });
  const answer = await exchange.index.read({ key, content });
  // The call may have brought a newer configuration: what it says of the link counts too.
  exchange.judgement.judgeObject(link);
  const judge = exchange.judgement.judgeOther({ key });
  if ('refused' in answer) {
    judge(null);
    throw new OssError('SymlinkTargetNotExist');
  }
  const { record } = answer.ok;
  judge(record.acl);
  if (record.kind === 'Symlink') throw new OssError('InvalidTargetType');
  return answer.ok;
}

/**
 * What a read through a link shows: length and ETag of the target, the later of both times, everything else of the link
 * ([GetObject-20]); HEAD takes the storage class from the target as well ([HeadObject-3]). The checksum would be the
 * target's: it is left out.
 */
export function shownLink(link: ObjectRecord, target: ObjectRecord, by: 'get' | 'head'): ObjectRecord {
  return {
    ...link,
    size: target.size,
    etag: target.etag,
    crc64: null,
    modified: Math.max(link.modified, target.modified),
    storageClass: by === 'head' ? target.storageClass : link.storageClass,
  };
}
