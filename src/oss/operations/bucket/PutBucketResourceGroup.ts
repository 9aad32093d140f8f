import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { resourceGroup } from '../../bucket/creation.ts';
import { resourceGroupConfiguration } from '../../documents/resource-group.ts';
import { operation } from '../../operation.ts';

/** Moves the bucket to another resource group, of which there is one (protocol/oss.md 10.1). */
export const PutBucketResourceGroup = operation({
  name: 'PutBucketResourceGroup',
  method: 'PUT',
  target: 'bucket',
  select: ['resourceGroup'],
  action: 'PutBucketResourceGroup',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { resourceGroupId } = await requestDocument(exchange, resourceGroupConfiguration);
    const group = resourceGroup('ResourceGroupId', resourceGroupId);
    await exchange.updateBucket((config) => (config.resourceGroup === group ? undefined : { resourceGroup: group }));
    return emptyReply();
  },
});
