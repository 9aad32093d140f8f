import fc from 'fast-check';
import type { Step } from '../world.ts';
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './acls.ts';
import { listObjects, listObjectsV2 } from './listings.ts';
import { get, meta, put, remove, removeMany } from './objects.ts';

/** Everything that a sequence may do, and how often. A new feature is a file here and its lines in this list. */
export const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: put },
  { weight: 25, arbitrary: get },
  { weight: 4, arbitrary: meta },
  { weight: 10, arbitrary: remove },
  { weight: 4, arbitrary: removeMany },
  { weight: 8, arbitrary: listObjects },
  { weight: 4, arbitrary: listObjectsV2 },
  { weight: 2, arbitrary: putBucketAcl },
  { weight: 1, arbitrary: getBucketAcl },
  { weight: 4, arbitrary: putObjectAcl },
  { weight: 2, arbitrary: getObjectAcl },
);
