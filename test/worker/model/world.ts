import type { Content } from './content.ts';

/** What the model believes: buckets and their objects, as simple as can be. */

export type Acl = 'private' | 'public-read' | 'public-read-write';
export type Who = 'owner' | 'reader' | 'user' | 'other' | 'anonymous';

export interface Version {
  readonly content: Content;
  /** Headers that every GET and HEAD must replay. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its own ACL; null means that the bucket's applies. */
  acl: Acl | null;
}

export class ModelBucket {
  readonly name: string;
  acl: Acl = 'private';
  readonly objects = new Map<string, Version>();

  constructor(name: string) {
    this.name = name;
  }

  /** Whether somebody may read or write data where `existing` is. */
  may(who: Who, access: 'read' | 'write', existing: Version | undefined): boolean {
    if (who === 'owner' || (who === 'reader' && access === 'read')) return true;
    const acl = existing?.acl ?? this.acl;
    return acl === 'public-read-write' || (acl === 'public-read' && access === 'read');
  }

  /** Keys that a listing shows, in no order. */
  get keys(): string[] {
    return [...this.objects.keys()];
  }
}

/** The buckets of one sequence, one of them with several index shards. */
export interface World {
  readonly buckets: readonly [ModelBucket, ModelBucket];
}

/** One operation: what it does to the gateway, what it expects of the answer, what it changes in the model. */
export interface Step {
  /** For the report of a failure. */
  readonly text: string;
  run(world: World): Promise<void>;
}
