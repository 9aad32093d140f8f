import type { Exchange } from './exchange.ts';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS';

/**
 * One operation of the API. The table of these values (operations/index.ts) is the single source for routing, for the
 * sub-resources that a signature must cover, for permissions, and for the compatibility page.
 */
export interface Operation {
  /** As the reference names it. */
  readonly name: string;
  readonly method: Method;
  readonly target: 'service' | 'bucket' | 'object';
  /** Query keys that select the operation, with `key=value` where the value matters too. All must be there. */
  readonly select?: readonly string[];
  /** A header that selects it. */
  readonly selectHeader?: string;
  /** Further query keys that change what it does. */
  readonly query?: readonly string[];
  /** Whether it takes every query: a preflight asks about a request of any kind. */
  readonly anyQuery?: boolean;
  /** Permission, without `oss:`; for requests that name a version, `versionAction` where it differs. */
  readonly action: string;
  readonly versionAction?: string;
  /** Whether an `x-oss-tagging` header gives its object tags: that needs `PutObjectTagging` too (protocol/oss.md 7.2). */
  readonly taggingHeader?: boolean;
  /** Whether its body gives the object tags: where a policy asks for those, it judges itself, once it has read them. */
  readonly tagsInBody?: boolean;
  /** Whether its client may set the pace of the body that it sends or gets (`x-oss-traffic-limit`). */
  readonly paced?: boolean;
  /** What may open it besides a policy: see `access/decide.ts`. */
  readonly access: 'read' | 'write' | 'list' | 'owner' | 'account' | 'none';
  /** What a caller without the permission is told, where the reference has words of its own for it. */
  readonly refusal?: string;
  /** Whether it names its objects in its body: it judges each of them itself, once it has read it. */
  readonly perObject?: boolean;
  /** Whether its signature is in the form that it brings: it authenticates and judges itself, once it has read that. */
  readonly signedForm?: boolean;
  /** False where a bucket with a hierarchical namespace refuses it; true everywhere else. */
  readonly hierarchical: boolean;
  /** Whether a missing bucket is the operation's own business (PutBucket, PutBucketAcl). */
  readonly createsBucket?: boolean;
  /** Whether it needs the configuration in force from the authority, because no index reply would tell its age. */
  readonly fresh?: boolean;
  /** Whether it reads an object, or a bucket's root, in whose place a website may answer. */
  readonly site?: 'object' | 'root';
  /** Absent while the operation answers 501. */
  readonly run?: (exchange: Exchange) => Promise<Response>;
}

/** Gives a literal its type, and its place in the table. */
export function operation(definition: Operation): Operation {
  return definition;
}
