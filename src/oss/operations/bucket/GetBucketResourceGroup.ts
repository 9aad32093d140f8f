import { xmlReply } from '../../answer/reply.ts';
import { resourceGroupConfiguration } from '../../documents/resource-group.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The resource group that the bucket is in (protocol/oss.md 10.1). */
export const GetBucketResourceGroup = operation({
  name: 'GetBucketResourceGroup',
  method: 'GET',
  target: 'bucket',
  select: ['resourceGroup'],
  action: 'GetBucketResourceGroup',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    return xmlReply(encode(resourceGroupConfiguration, { resourceGroupId: bucket.resourceGroup }));
  },
});
