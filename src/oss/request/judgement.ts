import { allowedByObjectAcl, type Decision, decide } from '../../access/decide.ts';
import { asksForObjectTags, asksForRequestTags } from '../../access/needs.ts';
import type { ObjectAcl, ObjectRecord, SeenTags, Tags, WriteGuard } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { denied } from './access-denied.ts';
import { accessRequestOf, type Permission, policyOf, type Subject } from './access-request.ts';
import { ExistingTags } from './existing-tags.ts';
import { passGates } from './gates.ts';

/**
 * Whether one request may be served: by the configuration as it is known, again with each newer one, and once more by
 * what is found of its objects.
 */
export class Judgement {
  /** Tags of the objects that the request is about, where a policy asks for them. */
  readonly existingTags: ExistingTags;
  /** Tags that the request's body would give the object, once it has been read. */
  requestTags: Tags | undefined;
  readonly #exchange: Exchange;
  #objects: readonly Subject[] | undefined;
  #decision: Decision | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.existingTags = new ExistingTags(exchange);
  }

  /** The tags by which the request's objects were judged. */
  get seenTags(): readonly SeenTags[] {
    return this.existingTags.seen(this.#exchange.bucket, this.#subjects());
  }

  /** What has been decided. */
  get #decided(): Decision {
    if (this.#decision === undefined) throw new Error('the request has not been judged yet');
    return this.#decision;
  }

  /**
   * Judges the request by the bucket's configuration as known now. One that names its objects in its body is judged
   * once these are known.
   * @throws {OssError} AccessDenied; OperationNotSupported for what a hierarchical bucket does not know ([Hns-1])
   */
  judge(): void {
    if (this.isKnown) this.#decision = this.#decide();
    if (this.#exchange.hasBucket && this.#exchange.bucket.hierarchical && !this.#exchange.operation.hierarchical) {
      throw new OssError('OperationNotSupported', {
        message: 'The operation is not supported for a bucket with a hierarchical namespace.',
      });
    }
  }

  /** Judges. What a copy of the configuration refuses is judged again by the one in force. */
  async settle(): Promise<void> {
    try {
      await this.learnTags();
      this.judge();
    } catch (error) {
      const { fresh, createsBucket } = this.#exchange.operation;
      if (!this.#exchange.hasBucket || fresh || createsBucket) throw error;
      await this.#exchange.rejudge();
    }
  }

  /** Judges a request whose body gives its object tags: by these too. */
  async judgeTags(tags: Tags): Promise<void> {
    this.requestTags = tags;
    await this.settle();
  }

  /** Judges a request that names its objects in its body: by the strictest of what holds for each. */
  async judgeObjects(objects: readonly Subject[]): Promise<void> {
    this.#objects = objects;
    await this.settle();
  }

  /** Before something is read that the request leads to: what its policies must know of it. */
  learnTagsOf(subject: Subject): Promise<void> {
    return this.existingTags.learn(this.#exchange.index, this.#exchange.bucket, [subject]);
  }

  /** The same of the objects that the request is about. */
  async learnTags(): Promise<void> {
    const exchange = this.#exchange;
    if (!exchange.hasBucket || !this.isKnown) return;
    if (!asksForObjectTags(exchange.identity, policyOf(exchange.bucket))) return;
    passGates(exchange);
    await this.existingTags.learn(exchange.index, exchange.bucket, this.#subjects());
  }

  /** Whether it is known who asks and for what. */
  get isKnown(): boolean {
    const { perObject, tagsInBody } = this.#exchange.operation;
    if (perObject) return this.#objects !== undefined;
    if (!tagsInBody || this.requestTags !== undefined || !this.#exchange.hasBucket) return true;
    return !asksForRequestTags(this.#exchange.identity, policyOf(this.#exchange.bucket));
  }

  #decide(): Decision {
    let decision: Decision = { outcome: 'allow', fallback: true };
    passGates(this.#exchange);
    if (this.#exchange.operation.access === 'none') return decision;
    for (const subject of this.#subjects()) {
      const one = decide(accessRequestOf(this.#exchange, subject));
      if (one.outcome === 'deny') throw denied(one, this.#exchange);
      if (one.outcome === 'object-acl') {
        decision = { outcome: 'object-acl', fallback: one.fallback && decision.fallback };
      }
    }
    return decision;
  }

  #subjects(): readonly (Subject | undefined)[] {
    if (this.#objects !== undefined) return this.#objects;
    const { key } = this.#exchange.address;
    if (key === undefined) return [undefined];
    const versionId = this.#exchange.query('versionId');
    return [versionId === undefined ? { key } : { key, versionId }];
  }

  /**
   * The second look at a read, once the object's own ACL is known.
   * @throws {OssError} AccessDenied
   */
  judgeObject(record: Pick<ObjectRecord, 'acl'> & Partial<Pick<ObjectRecord, 'tags'>>): void {
    const [subject] = this.#subjects();
    const { tags = null } = record;
    if (subject !== undefined && this.existingTags.differ(this.#exchange.bucket, subject, tags)) this.judge();
    this.#finishRead(this.#decided, record.acl);
  }

  /**
   * Judges the same operation on another object of the bucket that must be read on the way, such as a link's target.
   * @returns the second look, for when that object's own ACL is known; it too may refuse
   * @throws {OssError} AccessDenied
   */
  judgeOther(subject: Subject): (acl: ObjectAcl | null) => void {
    const decision = decide(accessRequestOf(this.#exchange, subject));
    if (decision.outcome === 'deny') throw denied(decision, this.#exchange);
    return (acl) => this.#finishRead(decision, acl);
  }

  /** @throws {OssError} AccessDenied where the decision was left to the object's own ACL and that does not open it */
  #finishRead({ outcome, fallback }: Decision, acl: ObjectAcl | null): void {
    if (outcome !== 'object-acl') return;
    if (!allowedByObjectAcl('read', acl, fallback))
      throw denied({ outcome: 'deny', fallback, reason: 'object-acl' }, this.#exchange);
  }

  /** Whether the caller may also do something else with what the request addresses; no object's own ACL counts. */
  permits(permission: Permission): boolean {
    return this.#subjects().every(
      (subject) => decide(accessRequestOf(this.#exchange, subject, permission)).outcome === 'allow',
    );
  }

  /**
   * Wants the caller to have another permission than the operation's own too; no object's own ACL counts.
   * @throws {OssError} AccessDenied
   */
  demand(permission: Permission): void {
    for (const subject of this.#subjects()) {
      const one = decide(accessRequestOf(this.#exchange, subject, permission));
      if (one.outcome !== 'allow') throw denied(one, this.#exchange);
    }
  }

  /** What the index must check before it changes an existing object. */
  get guard(): WriteGuard {
    const { outcome, fallback } = this.#decided;
    return { owner: outcome === 'allow', fallback };
  }
}
