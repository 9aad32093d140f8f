import { conditions } from '../../access/conditions.ts';
import type { AccessRequest, BucketAcl } from '../../access/decide.ts';
import { PolicyError, parseBucketPolicy, type StoredPolicy } from '../../access/policy.ts';
import type { BucketConfig } from '../../bucket/config.ts';
import { reportUnreadable } from '../../bucket/unreadable.ts';
import type { Tags } from '../../index/records.ts';
import type { Exchange } from '../exchange.ts';
import { taggingHeader } from '../object/tagging.ts';
import type { Operation } from '../operation.ts';

/** One object that a request is about. */
export interface Subject {
  readonly key: string;
  readonly versionId?: string;
  /** Where it needs another permission than the operation's own, without `oss:`. */
  readonly action?: string;
}

/** What an operation needs to be allowed. */
export type Permission = Pick<Operation, 'action' | 'versionAction' | 'access' | 'createsBucket' | 'taggingHeader'> & {
  /** Tags that it gives the object, where they come neither in a header nor in the body. */
  readonly tags?: Tags;
};

/**
 * What the decision needs to know of a request, in words that no dialect is part of.
 * @param wanted the operation's own permission, or another one that matters on the way
 * @param bucket the request's own bucket, or another one that it reads from
 */
export function accessRequestOf(
  exchange: Exchange,
  subject: Subject | undefined,
  wanted: Permission = exchange.operation,
  bucket: BucketConfig | undefined = exchange.hasBucket ? exchange.bucket : undefined,
): AccessRequest {
  const { identity, address, request } = exchange;
  const withVersion = subject?.versionId !== undefined && wanted.versionAction !== undefined;
  const action = subject?.action ?? (withVersion ? wanted.versionAction : wanted.action);
  const byHeader = wanted.taggingHeader === true && request.headers.has('x-oss-tagging');
  const setsTags = byHeader || wanted.tags !== undefined;
  return {
    identity,
    access: accessOf(wanted, exchange.hasBucket),
    actions: [`oss:${action}`, ...(setsTags ? ['oss:PutObjectTagging'] : [])],
    ...(bucket === undefined ? {} : { bucket: bucketOf(bucket) }),
    service: { region: `oss-${address.region}`, bucketName: address.bucket },
    ...(subject === undefined ? {} : { key: subject.key }),
    context: conditions({
      sourceIp: clientAddress(exchange),
      secure: address.secure,
      userAgent: request.headers.get('user-agent') ?? undefined,
      now: exchange.received,
      accessKeyId: identity.kind === 'anonymous' ? undefined : identity.accessKeyId,
      prefix: wanted.access === 'list' ? (exchange.query('prefix') ?? '') : undefined,
      delimiter: wanted.access === 'list' ? exchange.query('delimiter') : undefined,
      bucketTags: bucket?.documents.tags,
      existingObjectTags: bucket && subject && exchange.judgement.existingTags.of(bucket, subject),
      requestObjectTags: wanted.tags ?? exchange.judgement.requestTags ?? (byHeader ? headerTags(exchange) : undefined),
      bucketAcl: aclWord(request.headers.get('x-oss-acl')),
      objectAcl: aclWord(exchange.wishes.get('x-oss-object-acl')),
    }),
  };
}

/** Tags that cannot be read are refused later, by the operation. */
function headerTags({ request }: Exchange): Tags | undefined {
  try {
    return taggingHeader(request.headers) ?? undefined;
  } catch {
    return undefined;
  }
}

/** An ACL that a request wants to give; a word that is none is refused later, by the operation. */
function aclWord(header: string | null): BucketAcl | undefined {
  return header === 'private' || header === 'public-read' || header === 'public-read-write' ? header : undefined;
}

/** Managing a bucket that is not there yet means creating it. */
function accessOf({ access, createsBucket }: Permission, hasBucket: boolean): AccessRequest['access'] {
  if (access === 'none') return 'read';
  return createsBucket && !hasBucket ? 'account' : access;
}

/** The address of the client as the platform knows it; no header that a client can set counts ([Sec-22]). */
export function clientAddress({ request, settings }: Exchange): string | undefined {
  if (!settings.local) return request.headers.get('cf-connecting-ip') ?? undefined;
  const peer = (request.cf as { clientIp?: string } | undefined)?.clientIp;
  return peer?.replace(/^\[|\]?:\d+$/g, '');
}

const policies = new WeakMap<BucketConfig, StoredPolicy>();

function bucketOf(config: BucketConfig): NonNullable<AccessRequest['bucket']> {
  const { name, owner, region, acl, objectAcls } = config;
  const policy = policyOf(config);
  return { name, owner, region, acl, objectAcls, ...(policy === undefined ? {} : { policy }) };
}

/** The bucket's policy, parsed once for each copy of the configuration. */
export function policyOf(config: BucketConfig): StoredPolicy | undefined {
  const text = config.documents.policy;
  if (text === undefined) return undefined;
  let policy = policies.get(config);
  if (policy === undefined) {
    policy = readPolicy(config, text);
    policies.set(config, policy);
  }
  return policy;
}

/** What is stored was checked when it was put, by the version that was running then. */
function readPolicy(config: BucketConfig, text: string): StoredPolicy {
  try {
    return parseBucketPolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    reportUnreadable(config, ['policy'], error.message);
    return 'unreadable';
  }
}
