import type { ObjectAcl, ObjectCipher, ObjectContent, Segment, Versioning, WriteGuard } from './records.ts';

/** What is said to a shard about appends, and answered by it. */

/** A fragment to append: bytes that are safe in blobs, or few enough for the index. */
export interface Fragment {
  readonly size: number;
  readonly crc64: string;
  readonly inline: Uint8Array | null;
  readonly segments: readonly Segment[];
  /** How its blobs are encrypted. Only bytes that are not live in the index. */
  readonly cipher: ObjectCipher | null;
}

export interface AppendCommand {
  readonly key: string;
  /** Must be the object's size, or 0 where there is none. */
  readonly position: number;
  readonly fragment: Fragment;
  /** What a new object gets beside its content. */
  readonly creation: Pick<ObjectContent, 'storageClass' | 'acl' | 'meta' | 'tags' | 'cipher'>;
  /** The ACL that an existing object gets; absent where it keeps its own. */
  readonly acl?: ObjectAcl | null;
  /** The tail that a `flush` answer gave and the fragment, as blobs; the object must still have that answer's ETag. */
  readonly flushed?: { readonly etag: string; readonly segments: readonly Segment[] };
  readonly versioning: Versioning | null;
  readonly guard: WriteGuard;
}

export type AppendReply =
  | {
      readonly outcome: 'appended';
      /** Size of the object now. */
      readonly position: number;
      readonly etag: string;
      readonly crc64: string;
      readonly cipher: ObjectCipher | null;
      /** Null in a bucket that never had versioning. */
      readonly versionId: string | null;
    }
  /** Nothing was appended: the next append belongs at `position`. */
  | { readonly outcome: 'misplaced'; readonly position: number }
  /** Nothing was appended: the object is, or is to be, encrypted otherwise than the fragment. */
  | { readonly outcome: 'reseal'; readonly cipher: ObjectCipher | null }
  /** Nothing was appended: the tail must go into blobs first. Ask again with `flushed`. */
  | { readonly outcome: 'flush'; readonly etag: string; readonly tail: Uint8Array };
