import { writeOwner } from '../listing/objects.ts';
import { XmlWriter } from '../xml/write.ts';
import { xmlReply } from './reply.ts';

/** The owner and the one grant of a bucket or an object ([GetBucketAcl-3], [GetObjectACL-2]). */
export function aclReply(owner: string, grant: string, headers: Record<string, string> = {}): Response {
  const out = new XmlWriter('AccessControlPolicy');
  writeOwner(out, owner);
  return xmlReply(out.open('AccessControlList').leaf('Grant', grant).end(), headers);
}
