import type { Content } from './content.ts';

/** What the model believes: buckets and their objects, as simple as can be. */

export type Acl = 'private' | 'public-read' | 'public-read-write';
export type Who = 'owner' | 'reader' | 'user' | 'other' | 'anonymous';
export type Kind = 'Normal' | 'Appendable' | 'Multipart' | 'Symlink' | 'DeleteMarker';
export type Versioning = 'Enabled' | 'Suspended';

/** The id of what is written while versioning is not enabled. */
export const NULL = 'null';

export interface Version {
  id: string;
  kind: Kind;
  content: Content;
  /** Headers as sent that every GET and HEAD must replay. */
  meta: Readonly<Record<string, string>>;
  /** Its own ACL; null means that the bucket's applies. */
  acl: Acl | null;
  tags: readonly Tag[];
  /** Where a link leads. */
  link?: string;
  /** Of an appendable: it was not current once, and takes no more bytes. */
  closed?: boolean;
}

export type Tag = readonly [key: string, value: string];

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly wishes: Pick<Version, 'meta' | 'acl' | 'tags'>;
  readonly parts: Map<number, Content>;
}

export class ModelBucket {
  readonly name: string;
  acl: Acl = 'private';
  versioning: Versioning | undefined;
  /** All versions of each key, the newest first; no entry without one. */
  readonly objects = new Map<string, Version[]>();
  readonly uploads: Upload[] = [];

  constructor(name: string) {
    this.name = name;
  }

  versions(key: string): readonly Version[] {
    return this.objects.get(key) ?? [];
  }

  /** The version that is named, or the current one; a delete marker is one too. */
  find(key: string, id?: string): Version | undefined {
    return id === undefined ? this.versions(key)[0] : this.versions(key).find((version) => version.id === id);
  }

  /** What a client sees as the object. */
  current(key: string): Version | undefined {
    return visible(this.find(key));
  }

  /** Keys that a listing shows, in no order. */
  get keys(): string[] {
    return [...this.objects.keys()].filter((key) => this.current(key) !== undefined);
  }

  /** @param id as the gateway named the new version, where the bucket has versioning */
  write(key: string, version: Omit<Version, 'id'>, id: string | null): void {
    const older = this.versions(key).filter((one) => this.versioning === 'Enabled' || one.id !== NULL);
    for (const one of older) one.closed = true;
    this.objects.set(key, [{ ...version, id: id ?? NULL }, ...older]);
  }

  drop(key: string, id: string): void {
    const left = this.versions(key).filter((version) => version.id !== id);
    if (left.length > 0) this.objects.set(key, left);
    else this.objects.delete(key);
  }

  /** Whether somebody may read or write data where `existing` is. */
  may(who: Who, access: 'read' | 'write', existing: Version | undefined): boolean {
    if (who === 'owner' || (who === 'reader' && access === 'read')) return true;
    const acl = existing?.acl ?? this.acl;
    return acl === 'public-read-write' || (acl === 'public-read' && access === 'read');
  }
}

export function visible(version: Version | undefined): Version | undefined {
  return version?.kind === 'DeleteMarker' ? undefined : version;
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
