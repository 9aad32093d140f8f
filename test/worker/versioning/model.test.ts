import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brief, done, listVersions, put, type Status, setVersioning } from '../support/versions.ts';
import { newBucket, send } from '../support/wire.ts';

/** What a bucket should hold: of each key its versions, the newest first. */
interface Version {
  id: string;
  content: string | null;
  /** Only what was appended and never replaced can grow. */
  open: boolean;
}

/** The versioning model of the reference in a few lines, to which the gateway is compared step by step. */
class Model {
  state: Status | undefined;
  readonly keys = new Map<string, Version[]>();

  of(key: string): Version[] {
    return this.keys.get(key) ?? [];
  }

  write(key: string, id: string, content: string | null, open = false): void {
    const others = this.state === 'Enabled' ? this.of(key) : this.of(key).filter((version) => version.id !== 'null');
    for (const version of others) version.open = false;
    this.keys.set(key, [{ id, content, open }, ...others]);
  }

  remove(key: string, id: string): void {
    this.keys.set(
      key,
      this.of(key).filter((version) => version.id !== id),
    );
  }

  listing(): string[] {
    return [...this.keys]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, versions]) =>
        versions.map(({ id, content }, i) => `${key}@${id}${content === null ? '!' : ''}${i === 0 ? '*' : ''}`),
      );
  }
}

type Step =
  | { do: 'put'; key: string }
  | { do: 'append'; key: string }
  | { do: 'delete'; key: string }
  | { do: 'remove'; key: string; nth: number }
  | { do: 'state'; state: Status };

/** Mostly one key: what matters is what happens to a key one after another. */
const key = fc.oneof({ weight: 5, arbitrary: fc.constant('a') }, { weight: 1, arbitrary: fc.constant('b') });
const state = fc.constantFrom<Status>('Enabled', 'Enabled', 'Suspended');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('put' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), key, nth: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('state' as const), state }) },
);
/** Something from before versioning in most of the histories. */
const history = fc
  .tuple(fc.array(step, { maxLength: 2 }), state, fc.array(step, { minLength: 10, maxLength: 18 }))
  .map(([before, first, after]): Step[] => [...before, { do: 'state', state: first }, ...after]);

async function take(bucket: string, model: Model, one: Step, n: number): Promise<void> {
  if (one.do === 'state') {
    await setVersioning(bucket, one.state);
    model.state = one.state;
    return;
  }
  const path = `/${bucket}/${one.key}`;
  const current = model.of(one.key)[0];
  if (one.do === 'put') {
    const id = await put(bucket, one.key, `put ${n}`);
    expect(id === null).toBe(model.state === undefined);
    model.write(one.key, id ?? 'null', `put ${n}`);
  } else if (one.do === 'append') {
    const position = current?.content?.length ?? 0;
    const answer = await send('POST', `${path}?append&position=${position}`, { body: `+${n}` });
    const grows = current === undefined || current.content === null || current.open;
    expect(answer.code).toBe(grows ? undefined : 'ObjectNotAppendable');
    if (!grows) return;
    const id = answer.header('x-oss-version-id') ?? 'null';
    if (current?.open) {
      expect(model.state === undefined ? 'null' : id).toBe(current.id);
      current.content += `+${n}`;
    } else model.write(one.key, id, `+${n}`, true);
  } else if (one.do === 'delete') {
    const answer = await done('DELETE', path);
    if (model.state === undefined) model.keys.delete(one.key);
    else model.write(one.key, answer.header('x-oss-version-id')!, null);
  } else {
    const versions = model.of(one.key);
    const doomed = versions[one.nth % Math.max(versions.length, 1)];
    if (doomed === undefined) return;
    const answer = await done('DELETE', `${path}?versionId=${doomed.id}`);
    if (model.state !== undefined) {
      expect(answer.header('x-oss-delete-marker')).toBe(doomed.content === null ? 'true' : null);
    }
    model.remove(one.key, doomed.id);
  }
}

async function compare(bucket: string, model: Model): Promise<void> {
  expect((await listVersions(bucket)).map(brief)).toEqual(model.listing());
  const visible = [...model.keys].filter(([, [current]]) => current !== undefined && current.content !== null);
  expect((await done('GET', `/${bucket}`)).all('Key').sort()).toEqual(visible.map(([name]) => name).sort());
  for (const [name, versions] of model.keys) {
    const newest = await send('GET', `/${bucket}/${name}`);
    expect(newest.status === 200 ? newest.text : null).toBe(versions[0]?.content ?? null);
    for (const { id, content } of versions) {
      const read = await send('GET', `/${bucket}/${name}?versionId=${id}`);
      expect(read.status === 405 ? null : read.text).toBe(content);
    }
  }
}

describe('any history of a bucket', () => {
  it('[ObjCommon-7] [ObjCommon-13] [PutBucketVersioning-5] [PutBucketVersioning-6] [DeleteObject-6] [AppendObject-12] leads to what the model says', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const bucket = await newBucket();
        const model = new Model();
        for (const [n, one] of steps.entries()) await take(bucket, model, one, n);
        await compare(bucket, model);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 60_000);
});
