import { asksForObjectTags } from '../../access/needs.ts';
import type { BucketConfig } from '../../bucket/config.ts';
import type { IndexClient } from '../../index/client.ts';
import type { SeenTags, Tags } from '../../index/records.ts';
import type { Exchange } from '../exchange.ts';
import { policyOf, type Subject } from './access-request.ts';

/**
 * The tags of objects that a request is about, as far as a policy asks for them (`oss:ExistingObjectTag`): then, and only
 * then, the index is asked before the request is judged. What a read finds is judged by the tags that came with it; a
 * change is made only while the object has the tags that the request was judged by: its shard compares them.
 */
export class ExistingTags {
  readonly #exchange: Exchange;
  readonly #known = new Map<string, Tags | null>();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Undefined where nobody asked for them, or the object has none. */
  of(bucket: BucketConfig, subject: Subject): Tags | undefined {
    return this.#known.size === 0 ? undefined : (this.#known.get(idOf(bucket, subject)) ?? undefined);
  }

  /** Asks for the tags that the policies which judge these objects need, if they do. */
  async learn(index: IndexClient, bucket: BucketConfig, subjects: readonly (Subject | undefined)[]): Promise<void> {
    if (!asksForObjectTags(this.#exchange.identity, policyOf(bucket))) return;
    const objects = subjects.filter((subject) => subject !== undefined);
    if (objects.length === 0) return;
    const found = await index.tags(
      objects.map(({ key, versionId }) => (versionId === undefined ? { key } : { key, versionId })),
    );
    objects.forEach((subject, i) => {
      this.#known.set(idOf(bucket, subject), found[i] ?? null);
    });
  }

  /** What calls to the index must find unchanged: the tags by which these objects were judged. */
  seen(bucket: BucketConfig, subjects: readonly (Subject | undefined)[]): readonly SeenTags[] {
    if (this.#known.size === 0 || !asksForObjectTags(this.#exchange.identity, policyOf(bucket))) return [];
    return subjects.flatMap((subject) => {
      const tags = subject && this.#known.get(idOf(bucket, subject));
      if (subject === undefined || tags === undefined) return [];
      const { key, versionId } = subject;
      return [versionId === undefined ? { key, tags } : { key, versionId, tags }];
    });
  }

  /** Takes note of what a read has found. @returns whether that is something else than what the request was judged by */
  differ(bucket: BucketConfig, subject: Subject, tags: Tags | null): boolean {
    const id = idOf(bucket, subject);
    const known = this.#known.get(id);
    if (known === undefined || JSON.stringify(known) === JSON.stringify(tags)) return false;
    this.#known.set(id, tags);
    return true;
  }
}

function idOf({ id }: BucketConfig, { key, versionId = '' }: Subject): string {
  return `${id} ${versionId} ${key}`;
}
