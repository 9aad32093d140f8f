import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { BucketConfig } from '../../../src/bucket/config.ts';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { collectAll, expectNoGarbage, storedBlobs } from '../support/audit.ts';
import { type Fault, FaultyGateway } from '../support/faults.ts';
import { type Answer, accounts, newName, send, shardedBucket } from '../support/wire.ts';
import { observe, settle } from './observe.ts';
import { exempt, type Scenario, scenarios } from './scenarios.ts';

/** More calls than any request needs. */
const CALLS_MAX = 60;

/** A call that had no effect and must not be repeated by itself, and one whose answer was lost and that may be. */
const kinds = [
  { when: 'before', retryable: false },
  { when: 'after', retryable: true },
] as const;

interface States {
  readonly before: string;
  readonly after: string;
}

/** A scenario at work on a bucket of its own. */
class Run {
  readonly bucket: string;
  readonly #scenario: Scenario;
  readonly #known: string;

  private constructor(scenario: Scenario, bucket: string, known: string) {
    this.#scenario = scenario;
    this.bucket = bucket;
    this.#known = known;
  }

  static async begin(scenario: Scenario): Promise<Run> {
    const bucket = await bucketFor(scenario);
    return new Run(scenario, bucket, (await scenario.arrange?.(bucket)) ?? '');
  }

  async act(gateway: FaultyGateway): Promise<Answer> {
    await gateway.reachInto(this.bucket);
    configCopies.clear();
    return this.#scenario.act(
      (method, target, wish = {}) => send(method, `/${this.bucket}${target}`, { ...wish, via: gateway.via }),
      this.#known,
      this.bucket,
    );
  }

  load(): Promise<BucketConfig | null> {
    return env.BUCKET.get(env.BUCKET.idFromName(this.bucket)).load();
  }

  /** Makes room for the next one: an account has a hundred buckets. */
  async end(): Promise<void> {
    await env.DIRECTORY.get(env.DIRECTORY.idFromName(accounts.owner)).release(this.bucket);
  }
}

async function bucketFor({ bucket = 'flat' }: Scenario): Promise<string> {
  if (bucket === 'none') return newName();
  return bucket === 'tree' ? shardedBucket(1, { hierarchical: true }) : shardedBucket(2);
}

/** What the scenario is like where nothing fails. */
async function flawless(scenario: Scenario): Promise<States> {
  const run = await Run.begin(scenario);
  const before = await observe(run.bucket);
  const answer = await run.act(new FaultyGateway());
  expect(answer.status, answer.text).toBeLessThan(300);
  const after = await observe(run.bucket);
  expect(after).not.toBe(before);
  await run.end();
  return { before, after };
}

/** @returns whether the fault struck */
async function expectWhole(scenario: Scenario, fault: Fault, states: States): Promise<boolean> {
  const run = await Run.begin(scenario);
  const config = await run.load();
  const gateway = new FaultyGateway(fault);
  const answer = await run.act(gateway);
  const what = `${JSON.stringify(fault)} of ${gateway.calls.join(' ')}: ${answer.status} ${answer.text}`;
  let seen = await observe(run.bucket);
  if (answer.status < 300) expect(seen, what).toBe(states.after);
  else {
    expect(['500 InternalError', '503 ServiceUnavailable'], what).toContain(`${answer.status} ${answer.code}`);
    // What a bucket's object was interrupted in, it finishes by itself.
    if (!isWhole(scenario, seen, states)) {
      await settle(run.bucket);
      seen = await observe(run.bucket);
    }
    expect(isWhole(scenario, seen, states) ? '' : seen, what).toBe('');
  }
  await expectCleanliness(config, await run.load());
  await run.end();
  return gateway.struck;
}

function isWhole(scenario: Scenario, seen: string, states: States): boolean {
  if (seen === states.before || seen === states.after) return true;
  return scenario.perObject === true && isMixture(seen, states);
}

/** Where a request changes objects one by one, each of them must be as before or as after. */
function isMixture(seen: string, { before, after }: States): boolean {
  const objects = (text: string) => new Map(text.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
  const [now, old, next] = [objects(seen), objects(before), objects(after)];
  return [...now.keys(), ...old.keys(), ...next.keys()]
    .filter((name) => name !== 'objects')
    .every((name) => now.get(name) === old.get(name) || now.get(name) === next.get(name));
}

/** Whatever failed, no blob is missing, and none is left that nobody needs (Promises 1 and 4). */
async function expectCleanliness(before: BucketConfig | null, after: BucketConfig | null): Promise<void> {
  if (after !== null) return expectNoGarbage(after);
  if (before === null) return;
  await collectAll([before]);
  expect(await storedBlobs(before)).toEqual([]);
}

const named = scenarios.map((scenario) => ({ ...scenario, title: `${scenario.operation} ${scenario.way}`.trim() }));

describe.each(named)('Promise 1: $title, when a call to the storage fails', (scenario) => {
  it.each(kinds)(
    'is done or not done, never half ($when its effect)',
    async (kind) => {
      const states = await flawless(scenario);
      for (let nth = 1; await expectWhole(scenario, { ...kind, nth }, states); nth++) {
        expect(nth).toBeLessThan(CALLS_MAX);
      }
    },
    60_000,
  );
});

it('Promise 1: no operation that changes something is left out', () => {
  const known = new Set([...scenarios.map(({ operation }) => operation), ...Object.keys(exempt)]);
  const changing = built.filter(({ method }) => method === 'PUT' || method === 'POST' || method === 'DELETE');
  expect(changing.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});
