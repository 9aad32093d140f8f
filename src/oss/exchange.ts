import { allowedByObjectAcl, type Decision, decide } from '../access/decide.ts';
import type { Identity } from '../access/identity.ts';
import { asksForObjectTags, asksForRequestTags } from '../access/needs.ts';
import { CipherStore } from '../blob/cipher-store.ts';
import { EdgeBlobStore } from '../blob/edge-store.ts';
import { HotBlobStore } from '../blob/hot-store.ts';
import { type BlobStore, R2BlobStore } from '../blob/store.ts';
import type { BucketConfig, ConfigPatch } from '../bucket/config.ts';
import { ConfigReader, rememberConfig } from '../bucket/config-cache.ts';
import { DomainReader } from '../bucket/domain-reader.ts';
import { legible } from '../bucket/legible.ts';
import { IndexClient } from '../index/client.ts';
import type { ObjectAcl, ObjectRecord, Tags, WriteGuard } from '../index/records.ts';
import { randomHex } from '../lib/random.ts';
import type { Settings } from '../settings.ts';
import type { Website } from '../website/config.ts';
import { denied } from './access-denied.ts';
import { accessRequestOf, type Permission, policyOf, type Subject } from './access-request.ts';
import type { Address } from './address.ts';
import type { Authentication } from './auth/authenticate.ts';
import type { Callback } from './callback/parameters.ts';
import { OssError } from './errors.ts';
import { ExistingTags } from './existing-tags.ts';
import { passGates } from './gates.ts';
import type { Operation } from './operation.ts';

/**
 * Attempts to change a configuration that others change at the same time. Of several changes at once each makes all
 * others start anew, so that this is how many may come at once: tools set up a bucket by ten requests side by side.
 */
const UPDATE_ATTEMPTS_MAX = 32;
/** Attempts to rely on a website configuration that others change at the same time. */
const RELY_ATTEMPTS_MAX = 5;

/** What was being done relied on a website configuration that has been replaced. */
class WebsiteChanged extends Error {
  override readonly name = 'WebsiteChanged';
}

/**
 * One request and what has been learnt about it so far. The pipeline fills it from top to bottom; an operation reads
 * it and answers.
 */
export class Exchange {
  readonly request: Request;
  readonly env: Env;
  readonly settings: Settings;
  readonly execution: ExecutionContext;
  /** 24 upper-case hex characters ([Common-2]). */
  readonly requestId = randomHex(12).toUpperCase();
  /** ms since the epoch. */
  readonly received = Date.now();
  readonly configs: ConfigReader;
  readonly domains: DomainReader;
  readonly index: IndexClient;
  readonly blobs: BlobStore;
  /** Whether the addressed bucket was looked for, and found missing if `hasBucket` is false. */
  wasLookedUp = false;
  /** Whether the custom domain that the request came by turned out to be no longer the addressed bucket's. */
  lostDomain = false;
  /** Names of the buckets that charge the sender, who said to accept that. */
  readonly chargedBy = new Set<string>();
  /** Tags of the objects that the request is about, where a policy asks for them. */
  readonly existingTags = new ExistingTags(this);
  /** Tags that the request's body would give the object, once it has been read. */
  requestTags: Tags | undefined;

  /** What to call once the object is stored. */
  callback: Callback | undefined;
  /** What is said of the object to be stored: the request's headers, or what the fields of a form amount to. */
  wishes: Headers;

  #address: Address | undefined;
  #operation: Operation | undefined;
  #authentication: Authentication | undefined;
  #bucket: BucketConfig | undefined;
  #objects: readonly Subject[] | undefined;
  #decision: Decision | undefined;
  #relied: { readonly website: Website | undefined } | undefined;
  #givesObjectAcl = false;

  constructor(request: Request, env: Env, settings: Settings, execution: ExecutionContext) {
    this.request = request;
    this.env = env;
    this.settings = settings;
    this.wishes = request.headers;
    this.execution = execution;
    this.configs = new ConfigReader(env);
    this.domains = new DomainReader(env, this.configs);
    const store = new R2BlobStore(env.BLOBS);
    const waitUntil = (work: Promise<unknown>) => execution.waitUntil(work);
    // What is encrypted at rest is encrypted in memory and at the edge too: the cipher is above all of them.
    const kept = new HotBlobStore(settings.edgeCache ? new EdgeBlobStore(store, waitUntil) : store);
    this.blobs = new CipherStore(kept, settings.encryption.ring);
    this.index = new IndexClient(env.INDEX, {
      view: () => this.bucket,
      seen: () => this.existingTags.seen(this.bucket, this.#subjects()),
      rejudge: () => this.rejudge(),
    });
  }

  get address(): Address {
    return must(this.#address, 'address');
  }
  set address(address: Address) {
    this.#address = address;
  }

  get operation(): Operation {
    return must(this.#operation, 'operation');
  }
  set operation(operation: Operation) {
    this.#operation = operation;
  }

  /** For the log line of a request that may have failed before this was known. */
  get operationName(): string | undefined {
    return this.#operation?.name;
  }

  get authentication(): Authentication {
    return must(this.#authentication, 'authentication');
  }
  set authentication(authentication: Authentication) {
    this.#authentication = authentication;
  }

  get identity(): Identity {
    return this.authentication.identity;
  }

  /** The configuration that this request is judged by. */
  get bucket(): BucketConfig {
    return must(this.#bucket, 'bucket');
  }
  set bucket(bucket: BucketConfig) {
    this.#bucket = bucket;
  }

  /** Name of the bucket that is addressed, as far as that is known. */
  get addressedBucket(): string | undefined {
    return this.#address?.bucket;
  }

  get hasBucket(): boolean {
    return this.#bucket !== undefined;
  }

  get key(): string {
    return must(this.address.key, 'key');
  }

  header(name: string): string | null {
    return this.request.headers.get(name);
  }

  query(name: string): string | undefined {
    return this.address.query.get(name);
  }

  /** The account that the caller belongs to. Operations with access `account` are never anonymous. */
  get accountId(): string {
    if (this.identity.kind === 'anonymous') throw new Error('an anonymous caller has no account');
    return this.identity.accountId;
  }

  /**
   * Judges the request by the bucket's configuration as known now. One that names its objects in its body is judged
   * once these are known.
   * @throws {OssError} AccessDenied; OperationNotSupported for what a hierarchical bucket does not know ([Hns-1])
   */
  judge(): void {
    if (this.#isKnown) this.#decision = this.#decide();
    if (this.hasBucket && this.bucket.hierarchical && !this.operation.hierarchical) {
      throw new OssError('OperationNotSupported', {
        message: 'The operation is not supported for a bucket with a hierarchical namespace.',
      });
    }
  }

  /** Judges. What a copy of the configuration refuses is judged again by the one in force. */
  async settle(): Promise<void> {
    try {
      await this.#learnTags();
      this.judge();
    } catch (error) {
      const { fresh, createsBucket } = this.operation;
      if (!this.hasBucket || fresh || createsBucket) throw error;
      await this.rejudge();
    }
  }

  /** Judges a request whose body gives its object tags: by these too. */
  async judgeTags(tags: Tags): Promise<void> {
    this.requestTags = tags;
    await this.settle();
  }

  /** Before something is read that the request leads to: what its policies must know of it. */
  learnTagsOf(subject: Subject): Promise<void> {
    return this.existingTags.learn(this.index, this.bucket, [subject]);
  }

  async #learnTags(): Promise<void> {
    if (!this.hasBucket || !this.#isKnown || !asksForObjectTags(this.identity, policyOf(this.bucket))) return;
    passGates(this);
    await this.existingTags.learn(this.index, this.bucket, this.#subjects());
  }

  /** Whether it is known who asks and for what. */
  get #isKnown(): boolean {
    const { perObject, tagsInBody } = this.operation;
    if (perObject) return this.#objects !== undefined;
    if (!tagsInBody || this.requestTags !== undefined || !this.hasBucket) return true;
    return !asksForRequestTags(this.identity, policyOf(this.bucket));
  }

  #decide(): Decision {
    let decision: Decision = { outcome: 'allow', fallback: true };
    passGates(this);
    if (this.operation.access === 'none') return decision;
    for (const subject of this.#subjects()) {
      const one = decide(accessRequestOf(this, subject));
      if (one.outcome === 'deny') throw denied(one, this);
      if (one.outcome === 'object-acl') {
        decision = { outcome: 'object-acl', fallback: one.fallback && decision.fallback };
      }
    }
    return decision;
  }

  /** Judges a request that names its objects in its body: by the strictest of what holds for each. */
  async judgeObjects(objects: readonly Subject[]): Promise<void> {
    this.#objects = objects;
    await this.settle();
  }

  #subjects(): readonly (Subject | undefined)[] {
    if (this.#objects !== undefined) return this.#objects;
    const { key } = this.address;
    if (key === undefined) return [undefined];
    const versionId = this.query('versionId');
    return [versionId === undefined ? { key } : { key, versionId }];
  }

  /** Loads the configuration in force and judges once more: the copy used so far was older than the request. */
  async rejudge(): Promise<void> {
    await this.reload();
    await this.#learnTags();
    this.judge();
    if (this.#givesObjectAcl) await this.announceObjectAcl();
  }

  /** What the bucket asks of every request, before anything else is known. A copy's refusal is looked at again. */
  async enter(): Promise<void> {
    try {
      passGates(this);
    } catch {
      await this.reload();
    }
  }

  /** Loads the configuration in force, for an answer that no call to the index stands behind. */
  async reload(): Promise<void> {
    const { config } = await this.configs.source(this.bucket.name);
    if (config === null) {
      this.lostDomain = this.address.domain !== undefined;
      throw noSuchBucket(this.lostDomain ? this.address.host : this.bucket.name);
    }
    this.#bucket = config;
    if (this.#isKnown) passGates(this);
    const relied = this.#relied;
    if (relied !== undefined && JSON.stringify(relied.website) !== JSON.stringify(config.documents.website)) {
      throw new WebsiteChanged();
    }
  }

  /**
   * Does what depends on the website configuration. Where a newer configuration turns up meanwhile and its website is
   * another one, it is done anew.
   */
  async relyingOnWebsite<T>(run: (website: Website | undefined) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < RELY_ATTEMPTS_MAX; attempt++) {
      const { website } = this.bucket.documents;
      this.#relied = { website };
      try {
        return await run(website);
      } catch (error) {
        if (!(error instanceof WebsiteChanged)) throw error;
      } finally {
        this.#relied = undefined;
      }
    }
    throw new OssError('ServiceUnavailable');
  }

  /**
   * Makes the bucket's configuration say that some of its objects have an ACL of their own, before the first one gets
   * it: from then on a refusal by the bucket's ACL is no longer final without a look at the index. Holds for the rest
   * of the request, also where its bucket turns out to be another one of the same name.
   */
  async announceObjectAcl(): Promise<void> {
    this.#givesObjectAcl = true;
    await this.updateBucket((bucket) => (bucket.objectAcls ? undefined : { objectAcls: true }));
  }

  /**
   * The second look at a read, once the object's own ACL is known.
   * @throws {OssError} AccessDenied
   */
  judgeObject(record: Pick<ObjectRecord, 'acl'> & Partial<Pick<ObjectRecord, 'tags'>>): void {
    const [subject] = this.#subjects();
    const { tags = null } = record;
    if (subject !== undefined && this.existingTags.differ(this.bucket, subject, tags)) this.judge();
    this.#finishRead(must(this.#decision, 'decision'), record.acl);
  }

  /**
   * Judges the same operation on another object of the bucket that must be read on the way, such as a link's target.
   * @returns the second look, for when that object's own ACL is known; it too may refuse
   * @throws {OssError} AccessDenied
   */
  judgeOther(subject: Subject): (acl: ObjectAcl | null) => void {
    const decision = decide(accessRequestOf(this, subject));
    if (decision.outcome === 'deny') throw denied(decision, this);
    return (acl) => this.#finishRead(decision, acl);
  }

  /** @throws {OssError} AccessDenied where the decision was left to the object's own ACL and that does not open it */
  #finishRead({ outcome, fallback }: Decision, acl: ObjectAcl | null): void {
    if (outcome !== 'object-acl') return;
    if (!allowedByObjectAcl('read', acl, fallback))
      throw denied({ outcome: 'deny', fallback, reason: 'object-acl' }, this);
  }

  /** Whether the caller may also do something else with what the request addresses; no object's own ACL counts. */
  permits(permission: Permission): boolean {
    return this.#subjects().every((subject) => decide(accessRequestOf(this, subject, permission)).outcome === 'allow');
  }

  /**
   * Wants the caller to have another permission than the operation's own too; no object's own ACL counts.
   * @throws {OssError} AccessDenied
   */
  demand(permission: Permission): void {
    for (const subject of this.#subjects()) {
      const one = decide(accessRequestOf(this, subject, permission));
      if (one.outcome !== 'allow') throw denied(one, this);
    }
  }

  /** What the index must check before it changes an existing object. */
  get guard(): WriteGuard {
    const { outcome, fallback } = must(this.#decision, 'decision');
    return { owner: outcome === 'allow', fallback };
  }

  /**
   * Changes the bucket's configuration. The change is made anew if somebody else changed it meanwhile.
   * @throws {OssError} NoSuchBucket, and whatever `change` refuses
   */
  async updateBucket(change: (config: BucketConfig) => ConfigPatch | undefined): Promise<BucketConfig> {
    for (let attempt = 0; attempt < UPDATE_ATTEMPTS_MAX; attempt++) {
      const current = this.bucket;
      const patch = change(current);
      if (patch === undefined) return current;
      const reply = await this.env.BUCKET.get(this.env.BUCKET.idFromName(current.name)).update(
        current.id,
        current.version,
        patch,
      );
      const stored = 'config' in reply ? reply.config : reply.conflict;
      const config = stored && legible(stored);
      rememberConfig(current.name, config);
      if (config === null) throw noSuchBucket(current.name);
      this.#bucket = config;
      if ('config' in reply) return config;
      await this.#learnTags();
      this.judge();
    }
    throw new OssError('ServiceUnavailable');
  }
}

export function noSuchBucket(name: string): OssError {
  return new OssError('NoSuchBucket', { extra: { BucketName: name } });
}

/** The name belongs to somebody else, or to a bucket of another nature. */
export function bucketAlreadyExists(name: string): OssError {
  return new OssError('BucketAlreadyExists', { extra: { BucketName: name } });
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the request has no ${what} yet`);
  return value;
}
