import fc from 'fast-check';
import type { Step } from '../world.ts';
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './acls.ts';
import { append } from './appends.ts';
import { copy } from './copies.ts';
import { listObjects, listObjectsV2 } from './listings.ts';
import { get, meta, put, remove, removeMany } from './objects.ts';
import { getSymlink, putSymlink } from './symlinks.ts';
import { deleteTags, getTags, putTags } from './tags.ts';
import { unseen } from './unseen.ts';
import { abort, complete, copyPart, initiate, listParts, listUploads, uploadPart } from './uploads.ts';
import { getVersioning, listVersions, putVersioning } from './versions.ts';

/** Everything that a sequence may do, and how often. A new feature is a file here and its lines in this list. */
const weighted: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [22, put],
  [26, get],
  [4, meta],
  [6, remove],
  [2, removeMany],
  [6, listObjects],
  [3, listObjectsV2],
  [2, putBucketAcl],
  [1, getBucketAcl],
  [4, putObjectAcl],
  [2, getObjectAcl],
  [3, putVersioning],
  [1, getVersioning],
  [4, listVersions],
  [5, append],
  [12, copy],
  [4, putSymlink],
  [2, getSymlink],
  [3, putTags],
  [2, getTags],
  [1, deleteTags],
  [5, initiate],
  [10, uploadPart],
  [5, copyPart],
  [7, complete],
  [1, abort],
  [2, listParts],
  [1, listUploads],
  [1, unseen],
];

export const steps: fc.Arbitrary<Step> = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
