import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoutingRule, Website } from '../../../src/website/config.ts';
import { afterFailure, candidates, type SiteRequest, unconditional } from '../../../src/website/rules.ts';
import { asking, mirror, rule } from './support.ts';

/** What becomes of a request, told as plainly as the reference tells it. */
type End = 'listing' | 'object' | 'error' | 'origin' | `to ${string}` | `page ${string}` | `directory ${string}`;

/** A bucket in which some objects exist, all readable or none. */
interface World {
  readonly objects: ReadonlySet<string>;
  readonly readable: boolean;
}

/** The model: reference 7.11.1 read from top to bottom, one question after another. */
function told(site: Website, request: SiteRequest, world: World): End {
  const { indexDocument: page, errorDocument, routingRules } = site;
  const { key, anonymous } = request;
  let meant: string | undefined = key;
  if (key === '') {
    if (!anonymous) return 'listing';
    meant = page?.suffix;
  } else if (key.endsWith('/') && page !== undefined && (anonymous || !world.objects.has(key))) {
    meant = page.supportSubDir ? key + page.suffix : page.suffix;
  }
  const status = meant === undefined || !world.readable ? 403 : world.objects.has(meant) ? 200 : 404;
  for (const { condition, redirect } of [...routingRules].sort((a, b) => a.ruleNumber - b.ruleNumber)) {
    const name = redirect!.redirectType === 'Mirror' ? meant : key;
    if (name === undefined || !name.startsWith(condition.keyPrefixEquals ?? '')) continue;
    if (!name.endsWith(condition.keySuffixEquals ?? '')) continue;
    if (condition.includeHeaders.some((header) => request.header(header.key) !== header.equals)) continue;
    if ((condition.httpErrorCodeReturnedEquals ?? status) !== status) continue;
    if (redirect!.redirectType === 'Mirror') return 'origin';
    return `to ${redirect!.hostName}`;
  }
  if (status === 200) return 'object';
  if (status === 404 && anonymous) {
    if (page?.supportSubDir && key !== '' && !key.endsWith('/') && world.objects.has(`${key}/${page.suffix}`)) {
      if ((page.type ?? 0) === 0) return `directory ${key}`;
      if (page.type === 2) return `page ${key}/${page.suffix}`;
    }
    if (errorDocument !== undefined && world.objects.has(errorDocument.key)) return `page ${errorDocument.key}`;
  }
  return 'error';
}

/** The code, with a bucket that is a set of names. */
function done(site: Website, request: SiteRequest, world: World): End {
  const names = candidates(site, request);
  if (request.key === '' && !request.anonymous) return 'listing';
  const whatever = unconditional(site, request, names);
  const take = (steps: ReturnType<typeof afterFailure>): End | undefined => {
    for (const step of steps) {
      if (step.kind === 'redirect') return `to ${new URL(step.location).host}`;
      if (step.kind === 'mirror') return 'origin';
      if (step.kind === 'directory' && world.objects.has(step.page)) return `directory ${step.location.slice(1, -1)}`;
      if ((step.kind === 'object' || step.kind === 'error-page') && world.objects.has(step.key))
        return `page ${step.key}`;
    }
    return undefined;
  };
  if (whatever !== undefined && !whatever.afterLookup) return take(whatever.steps)!;
  if (world.readable && names.some((name) => world.objects.has(name))) {
    return whatever === undefined ? 'object' : take(whatever.steps)!;
  }
  const status = names.length === 0 || !world.readable ? 403 : 404;
  const lookedUp = world.readable ? names.at(-1) : names[0];
  return take(afterFailure(site, request, status, lookedUp)) ?? 'error';
}

const names = ['a', 'b', 'a/', 'a/a', 'a/i', 'b/i', 'a/a/i', 'i', 'e', ''] as const;
const affix = fc.constantFrom(undefined, '', 'a', 'a/', 'i', 'b');
const header = fc.constantFrom({ key: 'h', equals: '1' }, { key: 'h', equals: '2' });

const aRule: fc.Arbitrary<RoutingRule> = fc
  .record({
    number: fc.integer({ min: 1, max: 100 }),
    prefix: affix,
    suffix: affix,
    status: fc.constantFrom(undefined, 404, 403, 500),
    headers: fc.array(header, { maxLength: 1 }),
    isMirror: fc.boolean(),
  })
  .map(({ number, prefix, suffix, status, headers, isMirror }) =>
    rule(
      number,
      {
        includeHeaders: headers,
        ...(prefix === undefined ? {} : { keyPrefixEquals: prefix }),
        ...(suffix === undefined ? {} : { keySuffixEquals: suffix }),
        ...(isMirror
          ? { httpErrorCodeReturnedEquals: 404 }
          : status === undefined
            ? {}
            : { httpErrorCodeReturnedEquals: status }),
      },
      isMirror ? mirror : { hostName: `host${number}` },
    ),
  );

const aSite: fc.Arbitrary<Website> = fc
  .record({
    index: fc.option(fc.record({ supportSubDir: fc.boolean(), type: fc.constantFrom(0, 1, 2) })),
    error: fc.boolean(),
    rules: fc.uniqueArray(aRule, { maxLength: 4, selector: ({ ruleNumber }) => ruleNumber }),
  })
  .map(({ index, error, rules }) => ({
    ...(index === null ? {} : { indexDocument: { suffix: 'i', ...index } as const }),
    ...(error ? { errorDocument: { key: 'e', httpStatus: 404 } as const } : {}),
    routingRules: rules.toSorted((a, b) => a.ruleNumber - b.ruleNumber),
  }));

describe('a website', () => {
  it('[WebsiteServing-20] [WebsiteServing-21] does what the reference tells, whatever is configured and there', () => {
    const request = fc
      .record({
        key: fc.constantFrom(...names),
        anonymous: fc.boolean(),
        headers: fc.constantFrom({}, { h: '1' }, { h: '2' }),
      })
      .map(({ key, ...more }) => asking(key, more as object));
    const world = fc.record({
      objects: fc.subarray([...names]).map((list) => new Set<string>(list)),
      readable: fc.boolean(),
    });
    fc.assert(
      fc.property(aSite, request, world, (site, asked, bucket) => {
        expect(done(site, asked, bucket)).toBe(told(site, asked, bucket));
      }),
      { numRuns: 1_500 },
    );
  });
});
