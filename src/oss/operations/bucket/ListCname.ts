import { isoDate } from '../../../lib/dates.ts';
import { xmlReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** The domains of the bucket, none or more (reference 7.18.4; evidence for [ListCname-1]). */
export const ListCname = operation({
  name: 'ListCname',
  method: 'GET',
  target: 'bucket',
  select: ['cname'],
  action: 'ListCname',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    const out = new XmlWriter('ListCnameResult').leaf('Bucket', bucket.name).leaf('Owner', bucket.owner);
    for (const { domain, bound } of bucket.documents.cnames ?? []) {
      out.open('Cname').leaf('Domain', domain).leaf('LastModified', isoDate(bound)).leaf('Status', 'Enabled').close();
    }
    return xmlReply(out.end());
  },
});
