import type { CorsRules } from '../access/cors.ts';
import type { Payer } from '../access/payer.ts';
import type { RefererRules } from '../access/referer.ts';
import type { Tags } from '../index/records.ts';
import type { Website } from '../website/config.ts';
import type { CnameBinding } from './cnames.ts';
import type { WormPolicy } from './worm.ts';

/** What a bucket is and how it is configured. The bucket's Durable Object is the authority, everything else a copy. */
export interface BucketConfig {
  /** Grows by one with every change; index shards know the newest and refuse requests that were judged by an older one. */
  readonly version: number;
  /** Unique over all time: a name that is deleted and taken again gets a new id, and with it new shards. */
  readonly id: string;
  readonly name: string;
  /** Account id of the owner. */
  readonly owner: string;
  /** With the `oss-` prefix. */
  readonly region: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly storageClass: StorageClass;
  readonly redundancy: 'LRS' | 'ZRS';
  readonly hierarchical: boolean;
  readonly resourceGroup: string;
  /** Number of index shards, a power of two, and the epoch of that map. */
  readonly shards: number;
  readonly epoch: number;
  readonly acl: BucketAcl;
  /** Absent until it is set for the first time. */
  readonly versioning?: Versioning;
  /** Whether any object was ever given an ACL of its own: while false, a refusal by the bucket's ACL needs no look at the index. */
  readonly objectAcls: boolean;
  /** Configuration documents by name, as their schema decoded them. */
  readonly documents: Readonly<Documents>;
}

export type StorageClass = 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive';
export type BucketAcl = 'private' | 'public-read' | 'public-read-write';
export type Versioning = 'Enabled' | 'Suspended';

/** How new objects are encrypted at rest that do not say it themselves. */
export interface DefaultEncryption {
  readonly algorithm: 'AES256' | 'KMS';
  /** The key to use; only with KMS. */
  readonly keyId?: string;
  /** By what the data is to be encrypted, where not by AES; only with KMS. */
  readonly dataAlgorithm?: 'SM4';
}

/** One member for each kind of configuration document; absent means never configured. */
export interface Documents {
  /** The bucket policy, byte for byte as it was put. */
  readonly policy?: string;
  readonly encryption?: DefaultEncryption;
  readonly cors?: CorsRules;
  readonly referer?: RefererRules;
  readonly payer?: Payer;
  readonly tags?: Tags;
  /** Whether the acceleration endpoint is open. */
  readonly accelerated?: boolean;
  /** Custom domains, in the order in which they were bound. */
  readonly cnames?: readonly CnameBinding[];
  readonly website?: Website;
  /** The retention policy. It may have lapsed: see `wormInForce`. */
  readonly worm?: WormPolicy;
}

/** The parts of a configuration that may change after creation. A document set to null is removed. */
export interface ConfigPatch {
  readonly acl?: BucketAcl;
  readonly versioning?: Versioning;
  readonly objectAcls?: true;
  readonly resourceGroup?: string;
  readonly documents?: { readonly [Name in keyof Documents]?: Documents[Name] | null };
}

/** What can be said at creation. */
export interface BucketSeed {
  readonly name: string;
  readonly owner: string;
  readonly region: string;
  readonly storageClass: StorageClass;
  readonly redundancy: 'LRS' | 'ZRS';
  readonly hierarchical: boolean;
  readonly resourceGroup: string;
  readonly acl: BucketAcl;
  readonly shards: number;
}

/** An entry of an account's directory: what ListBuckets shows without asking each bucket. */
export interface BucketEntry {
  readonly name: string;
  readonly tags?: Tags;
  readonly created: number;
  readonly region: string;
  readonly storageClass: StorageClass;
  readonly resourceGroup: string;
}
