import { handle } from './gateway.ts';

export { BucketObject } from './bucket/bucket.ts';
export { DirectoryObject } from './bucket/directory.ts';
export { DomainObject } from './bucket/domain.ts';
export { IndexShard } from './index/shard.ts';

export default {
  fetch: handle,
} satisfies ExportedHandler<Env>;
