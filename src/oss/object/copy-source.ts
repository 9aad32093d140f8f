import { allowedByObjectAcl, type Decision, decide } from '../../access/decide.ts';
import type { BucketConfig } from '../../bucket/config.ts';
import { IndexClient } from '../../index/client.ts';
import type { MarkerInfo, ObjectRecord, ReadReply } from '../../index/records.ts';
import { isVersionId } from '../../index/versions.ts';
import { percentDecode } from '../../lib/percent.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import { type Exchange, noSuchBucket } from '../exchange.ts';
import { denied } from '../request/access-denied.ts';
import { accessRequestOf, type Permission, type Subject } from '../request/access-request.ts';
import { isBucketName, isObjectName } from '../request/address.ts';
import { checkPayer } from '../request/gates.ts';
import { conditionsOf, failedCondition } from './conditions.ts';
import { objectRefusal } from './headers.ts';

const HEADER = 'x-oss-copy-source';
const VERSION = 'versionId=';

/** What a copy's source is called. */
export interface SourceName extends Subject {
  readonly bucket: string;
}

/**
 * Reads `/bucket/key[?versionId=id]`, once and in one place ([CopyObject-1], [Sec-17]). The version is split off at the
 * first `?` as it was sent, so an escaped one belongs to the key. Then the rest is decoded, once, with `+` as a blank
 * (the Go SDK encodes blanks so), and the bucket ends at the first slash, escaped or not: no bucket's name has one.
 * @throws {OssError} InvalidArgument, InvalidBucketName, InvalidObjectName
 */
export function parseCopySource(header: string): SourceName {
  const refuse = (message?: string) => invalidArgument(HEADER, header.slice(0, 256), message);
  const at = header.indexOf('?');
  const path = decoded(at < 0 ? header : header.slice(0, at), refuse).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) throw refuse('The copy source must name a bucket and an object.');
  const bucket = path.slice(0, slash);
  const key = path.slice(slash + 1);
  if (!isBucketName(bucket)) throw new OssError('InvalidBucketName', { extra: { BucketName: bucket.slice(0, 256) } });
  if (!isObjectName(key)) throw new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
  if (at < 0) return { bucket, key };
  const query = header.slice(at + 1);
  if (!query.startsWith(VERSION)) throw refuse();
  const versionId = query.slice(VERSION.length);
  if (!isVersionId(versionId))
    throw invalidArgument('versionId', versionId.slice(0, 256), 'Invalid version id specified');
  return { bucket, key, versionId };
}

function decoded(text: string, refuse: () => OssError): string {
  try {
    return percentDecode(text, true);
  } catch {
    throw refuse();
  }
}

/** Reading the source is a read like any other ([CopyObject-6], [ObjCommon-27]). */
const readPermission: Permission = { action: 'GetObject', versionAction: 'GetObjectVersion', access: 'read' };
const tagsPermission: Permission = {
  action: 'GetObjectTagging',
  versionAction: 'GetObjectVersionTagging',
  access: 'owner',
};

/**
 * The object that a copy reads, judged by its own bucket's configuration and its own ACL, whoever may write the
 * destination ([Sec-16]).
 */
export class CopySource {
  readonly name: SourceName;
  readonly index: IndexClient;
  readonly #exchange: Exchange;
  #bucket: BucketConfig;
  #decision: Decision | undefined;

  private constructor(exchange: Exchange, name: SourceName, bucket: BucketConfig) {
    this.#exchange = exchange;
    this.name = name;
    this.#bucket = bucket;
    this.index = new IndexClient(exchange.env.INDEX, { view: () => this.#bucket, rejudge: () => this.#rejudge() });
  }

  /**
   * Finds and judges the source that the request names.
   * @throws {OssError} those of {@link parseCopySource}, NoSuchBucket, AccessDenied
   */
  static async open(exchange: Exchange): Promise<CopySource> {
    const name = parseCopySource(exchange.header(HEADER) ?? '');
    const { config } = await exchange.configs.nearest(name.bucket);
    if (config === null) throw noSuchBucket(name.bucket);
    const source = new CopySource(exchange, name, config);
    try {
      await source.#judge();
    } catch {
      // A refusal by a copy of the configuration is judged again by the one in force.
      await source.#rejudge();
    }
    return source;
  }

  /** The source bucket's configuration that the source was judged by. */
  get bucket(): BucketConfig {
    return this.#bucket;
  }

  /**
   * Reads the source: it exists, may be read, and the request's conditions on it hold.
   * @param markerRefusal what a version that is a delete marker answers
   * @throws {OssError} NoSuchKey, NoSuchVersion, AccessDenied, PreconditionFailed, NotModified
   */
  async read(markerRefusal: (key: string, at?: MarkerInfo) => OssError): Promise<ReadReply> {
    const { key, versionId } = this.name;
    const answer = await this.index.read({ key, ...(versionId === undefined ? {} : { versionId }), content: true });
    if ('refused' in answer) {
      // Somebody whom only an object's own ACL could let in is told of no missing object.
      this.#judgeObject({ acl: null });
      if (answer.refused === 'delete-marker') throw markerRefusal(key, answer.at);
      throw objectRefusal(answer.refused, key, answer.at);
    }
    const { record } = answer.ok;
    // Other tags than those that it was judged by: somebody changes the source at this moment.
    if (this.#exchange.judgement.existingTags.differ(this.#bucket, this.name, record.tags)) await this.#rejudge();
    this.#judgeObject(record);
    this.#checkConditions(record);
    return answer.ok;
  }

  /** Whether the caller may see the source's tags: only then do they go with a copy ([ObjCommon-34]). */
  mayReadTags(): boolean {
    return this.#decide(tagsPermission).outcome === 'allow';
  }

  /** The source's version, for the answer: buckets that never had versioning do not tell. */
  versionHeader({ versionId }: ObjectRecord): Record<string, string> {
    return this.#bucket.versioning === undefined ? {} : { 'x-oss-copy-source-version-id': versionId };
  }

  #decide(permission: Permission): Decision {
    return decide(accessRequestOf(this.#exchange, this.name, permission, this.#bucket));
  }

  async #judge(): Promise<void> {
    checkPayer(this.#exchange, this.#bucket);
    await this.#exchange.judgement.existingTags.learn(this.index, this.#bucket, [this.name]);
    const decision = this.#decide(readPermission);
    if (decision.outcome === 'deny') throw denied(decision, this.#exchange);
    this.#decision = decision;
  }

  async #rejudge(): Promise<void> {
    const { config } = await this.#exchange.configs.source(this.name.bucket);
    if (config === null) throw noSuchBucket(this.name.bucket);
    this.#bucket = config;
    await this.#judge();
  }

  #judgeObject({ acl }: Pick<ObjectRecord, 'acl'>): void {
    const { outcome, fallback } = this.#decision!;
    if (outcome !== 'object-acl' || allowedByObjectAcl('read', acl, fallback)) return;
    throw denied({ outcome: 'deny', fallback, reason: 'object-acl' }, this.#exchange);
  }

  /** Of the version that is copied ([CopyObject-11]). */
  #checkConditions(record: ObjectRecord): void {
    const failed = failedCondition(conditionsOf(this.#exchange.request.headers, `${HEADER}-`), record);
    if (failed === undefined) return;
    if (failed.status === 412) throw new OssError('PreconditionFailed', { extra: { Condition: failed.condition } });
    throw new OssError('NotModified', { headers: { etag: `"${record.etag}"` } });
  }
}

/** Attempts to copy from a source, or to a place, that changes at the same time. */
const ATTEMPTS_MAX = 4;

/** What a copy was made by has changed under it: its source, its destination, or the destination's configuration. */
export class CopyUnsettled extends Error {
  override readonly name = 'CopyUnsettled';
}

/**
 * Makes a copy, anew as long as it throws {@link CopyUnsettled}.
 * @throws {OssError} ServiceUnavailable where that happens again and again
 */
export async function copyUntilSettled<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 0; n < ATTEMPTS_MAX; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof CopyUnsettled)) throw error;
    }
  }
  throw new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
}
