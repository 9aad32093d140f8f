import { isoDate } from '../../../lib/dates.ts';
import { xmlReply } from '../../answer/reply.ts';
import { writeOwner } from '../../listing/objects.ts';
import { operation } from '../../operation.ts';
import { endpointsOf } from '../../request/regions.ts';
import { XmlWriter } from '../../xml/write.ts';

/** All about a bucket in one answer (reference 7.1.6). */
export const GetBucketInfo = operation({
  name: 'GetBucketInfo',
  method: 'GET',
  target: 'bucket',
  select: ['bucketInfo'],
  action: 'GetBucketInfo',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { bucket } = exchange;
    const { encryption } = bucket.documents;
    const { extranet, intranet } = endpointsOf(bucket.region, exchange.settings);
    const out = new XmlWriter('BucketInfo')
      .open('Bucket')
      .leaf('AccessMonitor', 'Disabled')
      .leaf('CreationDate', isoDate(bucket.created))
      .leaf('ExtranetEndpoint', extranet)
      .leaf('IntranetEndpoint', intranet)
      .leaf('Location', bucket.region)
      .leaf('StorageClass', bucket.storageClass)
      .leaf('TransferAcceleration', bucket.documents.accelerated ? 'Enabled' : 'Disabled')
      .leaf('CrossRegionReplication', 'Disabled')
      .leaf('HierarchicalNamespace', bucket.hierarchical ? 'Enabled' : undefined)
      .leaf('Name', bucket.name)
      .leaf('ResourceGroupId', bucket.resourceGroup);
    writeOwner(out, bucket.owner);
    out
      .open('AccessControlList')
      .leaf('Grant', bucket.acl)
      .close()
      .leaf('DataRedundancyType', bucket.redundancy)
      .leaf('Versioning', bucket.versioning)
      // Evidence for [GetBucketInfo-6]: the rule is there, and says None, where nothing is set.
      .open('ServerSideEncryptionRule')
      .leaf('SSEAlgorithm', encryption?.algorithm ?? 'None')
      .leaf('KMSMasterKeyID', encryption?.keyId)
      .leaf('KMSDataEncryption', encryption?.dataAlgorithm)
      .close()
      // The SDKs' models reach into it, set or not.
      .open('BucketPolicy')
      .leaf('LogBucket', '')
      .leaf('LogPrefix', '')
      .close()
      .leaf('Comment', '')
      .leaf('BlockPublicAccess', false);
    return xmlReply(out.end());
  },
});
