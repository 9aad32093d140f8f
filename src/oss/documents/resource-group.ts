import { document, record } from '../xml/schema.ts';
import { text } from '../xml/values.ts';

/** The resource group of a bucket. */
export const resourceGroupConfiguration = document(
  'BucketResourceGroupConfiguration',
  record({ resourceGroupId: text() }, { tolerant: true }),
);
