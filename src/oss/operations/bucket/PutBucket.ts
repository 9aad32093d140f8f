import type { BucketAcl, BucketConfig } from '../../../bucket/config.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { bucketAclHeader, createBucket, resourceGroup } from '../../bucket/creation.ts';
import { bucketAlreadyExists, type Exchange } from '../../exchange.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode, document, type Infer, optional, record } from '../../xml/schema.ts';
import { choice, text } from '../../xml/values.ts';
import { PutBucketAcl } from './PutBucketAcl.ts';

const createBucketConfiguration = document(
  'CreateBucketConfiguration',
  record({
    storageClass: optional(
      choice(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'], { code: 'InvalidArgument' }),
    ),
    dataRedundancyType: optional(choice(['LRS', 'ZRS'], { code: 'InvalidArgument' })),
    locationConstraint: optional(text()),
  }),
);

type Body = Infer<typeof createBucketConfiguration>;

/** Creates a bucket; by its owner it may be repeated (reference 7.1.1, decisions.md). */
export const PutBucket = operation({
  name: 'PutBucket',
  method: 'PUT',
  target: 'bucket',
  action: 'PutBucket',
  access: 'account',
  hierarchical: true,
  createsBucket: true,
  async run(exchange) {
    const acl = bucketAclHeader(exchange);
    const hierarchical = hnsHeader(exchange);
    const group = resourceGroup('x-oss-resource-group-id', exchange.header('x-oss-resource-group-id') ?? '');
    const bytes = await readDocument(exchange);
    const body: Body = bytes.length === 0 ? {} : decode(createBucketConfiguration, bytes, { maxBytes: bytes.length });
    checkLocation(exchange, body.locationConstraint);
    const { config, created } = await createBucket(exchange, {
      acl: acl ?? 'private',
      storageClass: body.storageClass ?? 'Standard',
      redundancy: body.dataRedundancyType ?? 'LRS',
      hierarchical: hierarchical ?? false,
      resourceGroup: group,
    });
    if (!created) {
      if (config.owner !== exchange.accountId || changesNature(config, body, hierarchical))
        throw bucketAlreadyExists(config.name);
      exchange.bucket = config;
      if (acl !== undefined) await changeAcl(exchange, acl);
    }
    return emptyReply(200, { location: `/${config.name}` });
  },
});

/** Whether a repeated PutBucket asks for what only a new bucket can be. */
function changesNature(config: BucketConfig, body: Body, hierarchical: boolean | undefined): boolean {
  return (
    (body.storageClass !== undefined && body.storageClass !== config.storageClass) ||
    (body.dataRedundancyType !== undefined && body.dataRedundancyType !== config.redundancy) ||
    (hierarchical !== undefined && hierarchical !== config.hierarchical)
  );
}

/** Of a bucket that is there this is PutBucketAcl by another name, and so needs its permission too. */
async function changeAcl(exchange: Exchange, acl: BucketAcl): Promise<void> {
  await exchange.updateBucket((bucket) => {
    if (bucket.acl === acl) return undefined;
    exchange.judgement.demand(PutBucketAcl);
    return { acl };
  });
}

function hnsHeader(exchange: Exchange): boolean | undefined {
  const value = exchange.header('x-oss-hns-status');
  if (value === null) return undefined;
  if (value === 'enabled') return true;
  if (value === 'disabled') return false;
  throw invalidArgument('x-oss-hns-status', value);
}

function checkLocation(exchange: Exchange, location: string | undefined): void {
  if (location === undefined || location === '' || location === `oss-${exchange.address.region}`) return;
  throw new OssError('InvalidLocationConstraint', { extra: { LocationConstraint: location.slice(0, 256) } });
}
