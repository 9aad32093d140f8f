import { formatV4, parseIp } from '../lib/ip.ts';
import type { BucketAcl, ObjectAcl } from './acl.ts';

/** The request as policy conditions see it: condition key → value or values; what the request lacks is absent. */
export type Conditions = Readonly<Record<string, string | readonly string[] | undefined>>;

export type ConditionTags = readonly { readonly key: string; readonly value: string }[];

/** What a request tells a policy. All of it comes from the gateway; the client's own words are only those marked so. */
export interface RequestFacts {
  /** The peer's address as the platform reports it, never a forwarding header (security rows 21, 22). */
  readonly sourceIp?: string | undefined;
  readonly secure: boolean;
  /** The client's own word. */
  readonly userAgent?: string | undefined;
  /** The gateway's clock, milliseconds since 1970. */
  readonly now: number;
  /** The key whose signature was verified. */
  readonly accessKeyId?: string | undefined;
  /** Set on listings, and only there: '' where the client sent none (chapter 7.1). */
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** The ACL that the request would give the object or the bucket. */
  readonly objectAcl?: ObjectAcl | undefined;
  readonly bucketAcl?: BucketAcl | undefined;
  readonly bucketTags?: ConditionTags | undefined;
  readonly existingObjectTags?: ConditionTags | undefined;
  readonly requestObjectTags?: ConditionTags | undefined;
  /** Days for which the object is still protected. */
  readonly retentionDays?: number | undefined;
}

/** Longer user agents are cut: nobody writes a rule for more, and matching must stay cheap. UTF-16 units. */
const USER_AGENT_MAX = 1024;

/** These two keys repeat a header's name inside the policy language. */
const vendor = 'oss';
export const OBJECT_ACL_KEY = `oss:x-${vendor}-object-acl`;
export const BUCKET_ACL_KEY = `oss:x-${vendor}-acl`;

/** Builds the only record that policies are evaluated against (chapter 7.1, keys). */
export function conditions(facts: RequestFacts): Conditions {
  const record: Record<string, string> = Object.create(null);
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined) record[key] = value;
  };
  const address = facts.sourceIp === undefined ? undefined : parseIp(facts.sourceIp);
  // An IPv4 client that arrives over IPv6 is the same client.
  set('acs:SourceIp', address && (formatV4(address) ?? facts.sourceIp));
  set('acs:SecureTransport', String(facts.secure));
  set('acs:UserAgent', facts.userAgent?.slice(0, USER_AGENT_MAX).toWellFormed());
  set('acs:CurrentTime', new Date(facts.now).toISOString());
  set('acs:AccessId', facts.accessKeyId);
  // Keys sign requests without a second factor, and a rule that asks for one must not be passed by silence.
  set('acs:MFAPresent', 'false');
  set('oss:Prefix', facts.prefix);
  set('oss:Delimiter', facts.delimiter);
  set(OBJECT_ACL_KEY, facts.objectAcl);
  set(BUCKET_ACL_KEY, facts.bucketAcl);
  set('oss:object-remaining-retention-days', facts.retentionDays?.toString());
  for (const [kind, tags] of [
    ['BucketTag', facts.bucketTags],
    ['ExistingObjectTag', facts.existingObjectTags],
    ['RequestObjectTag', facts.requestObjectTags],
  ] as const) {
    for (const { key, value } of tags ?? []) record[`oss:${kind}/${key}`] = value;
  }
  return record;
}

const knownKeys: ReadonlyMap<string, string> = new Map(
  [
    'acs:SourceIp',
    'acs:SecureTransport',
    'acs:UserAgent',
    'acs:CurrentTime',
    'acs:AccessId',
    'acs:MFAPresent',
    'oss:Prefix',
    'oss:Delimiter',
    OBJECT_ACL_KEY,
    BUCKET_ACL_KEY,
    'oss:object-remaining-retention-days',
    'oss:BucketTag/',
    'oss:ExistingObjectTag/',
    'oss:RequestObjectTag/',
  ].map((key) => [key.toLowerCase(), key]),
);

/**
 * A condition key as {@link conditions} spells it. Case does not tell keys apart (a Deny that misses by a letter's case
 * would protect nothing); that of a tag's own key, after the slash, does.
 */
export function conditionKey(key: string): string {
  const slash = key.indexOf('/') + 1;
  const name = slash > 0 ? key.slice(0, slash) : key;
  return (knownKeys.get(name.toLowerCase()) ?? name) + (slash > 0 ? key.slice(slash) : '');
}
