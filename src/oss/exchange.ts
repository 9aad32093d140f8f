import type { Identity } from '../access/identity.ts';
import { CipherStore } from '../blob/cipher-store.ts';
import { EdgeBlobStore } from '../blob/edge-store.ts';
import { HotBlobStore } from '../blob/hot-store.ts';
import { type BlobStore, R2BlobStore } from '../blob/store.ts';
import type { BucketConfig, ConfigPatch } from '../bucket/config.ts';
import { ConfigReader, rememberConfig } from '../bucket/config-cache.ts';
import { DomainReader } from '../bucket/domain-reader.ts';
import { IndexClient } from '../index/client.ts';
import type { WriteGuard } from '../index/records.ts';
import { randomHex } from '../lib/random.ts';
import type { Settings } from '../settings.ts';
import type { Website } from '../website/config.ts';
import { OssError } from './answer/errors.ts';
import type { Authentication } from './auth/authenticate.ts';
import type { Callback } from './callback/parameters.ts';
import type { Operation } from './operation.ts';
import type { Address } from './request/address.ts';
import { passGates } from './request/gates.ts';
import { Judgement } from './request/judgement.ts';

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
  readonly judgement = new Judgement(this);

  /** How fast the body of the request, or of its answer, is to pass at most, where the client says so. */
  bytesPerSecond: number | undefined;
  /** What to call once the object is stored. */
  callback: Callback | undefined;
  /** What is said of the object to be stored: the request's headers, or what the fields of a form amount to. */
  wishes: Headers;

  #address: Address | undefined;
  #operation: Operation | undefined;
  #authentication: Authentication | undefined;
  #bucket: BucketConfig | undefined;
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
      seen: () => this.judgement.seenTags,
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

  /** Loads the configuration in force and judges once more: the copy used so far was older than the request. */
  async rejudge(): Promise<void> {
    await this.reload();
    await this.judgement.learnTags();
    this.judgement.judge();
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
    if (this.judgement.isKnown) passGates(this);
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

  /** What the index must check before it changes an existing object. */
  get guard(): WriteGuard {
    return this.judgement.guard;
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
      const config = rememberConfig(current.name, 'config' in reply ? reply.config : reply.conflict);
      if (config === null) throw noSuchBucket(current.name);
      this.#bucket = config;
      if ('config' in reply) return config;
      await this.judgement.learnTags();
      this.judgement.judge();
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
