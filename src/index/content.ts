import { SEALED_BYTES_EXTRA } from '../blob/cipher.ts';
import { isSealed } from '../blob/names.ts';
import type { ObjectContent, Segment } from './records.ts';

/** What a delete marker is as a version. */
export const emptyMarker: ObjectContent = {
  kind: 'DeleteMarker',
  size: 0,
  etag: '',
  crc64: null,
  storageClass: '',
  acl: null,
  meta: { headers: {}, user: {} },
  tags: null,
  link: null,
  cipher: null,
  inline: null,
  segments: [],
};

/** What is said to be encrypted at rest is, and nothing else is ([Sec-47]). */
export function refuseMixture(segments: readonly Segment[], sealed: boolean): void {
  const odd = segments.find(({ blob }) => isSealed(blob) !== sealed);
  if (odd !== undefined)
    throw new Error(`blob ${odd.blob} is ${sealed ? 'not ' : ''}sealed, otherwise than its object`);
}

/** A version has every byte that its size says, or it is not written: a mistake here would only show at some later read. */
export function refuseHoles({ kind, size, segments, inline, cipher }: ObjectContent): void {
  refuseMixture(segments, cipher !== null);
  const inBlobs = segments.reduce((sum, { length }) => sum + length, 0);
  const sealed = cipher !== null && inline !== null && inline.length > 0;
  const inIndex = (inline?.length ?? 0) - (sealed ? SEALED_BYTES_EXTRA : 0);
  if (inBlobs + inIndex !== size) throw new Error(`content of ${inBlobs} + ${inIndex} bytes claims to have ${size}`);
  if (inBlobs > 0 && inIndex > 0 && kind !== 'Appendable') throw new Error(`a ${kind} object has a tail`);
}
