import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { handle } from '../../../src/gateway.ts';
import { errorPage, index, newSite, on404, rule, rules, subDirs } from './support.ts';

/** The bindings, with a count of what is asked of each: an object of a Durable Object counts as one call. */
function counted() {
  const calls: Record<string, number> = {};
  const watched = ['INDEX', 'BUCKET', 'DIRECTORY', 'BLOBS', 'CONFIG'] as const;
  const bindings: Record<string, unknown> = { ...env };
  for (const name of watched) {
    const inner = env[name] as unknown as Record<string | symbol, unknown>;
    bindings[name] = new Proxy(inner, {
      get(_, property) {
        const member = inner[property];
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          if (property === 'get') calls[name] = (calls[name] ?? 0) + 1;
          return member.apply(inner, args);
        };
      },
    });
  }
  return { calls, env: bindings as unknown as Env };
}

async function costOf(url: string, method = 'GET'): Promise<readonly [number, Record<string, number>]> {
  const { calls, env } = counted();
  const execution = createExecutionContext();
  const response = await handle(new Request(url, { method }), env, execution);
  await response.arrayBuffer();
  await waitOnExecutionContext(execution);
  return [response.status, calls];
}

describe('an anonymous visit with a warm configuration', () => {
  it('costs one call to the index, and for all but small pages one read from R2, until they are hot', async () => {
    const rulesToo = rules(rule(1, on404, '<HostName>www.example.com</HostName>'));
    const pages = { 'index.html': 'small', 'dir/index.html': 'small', 'big.html': 'x'.repeat(20_000) };
    const bucket = await newSite(`${subDirs(2)}${errorPage()}${rulesToo}`, pages);
    const at = (path: string) => `http://${bucket}.localhost${path}`;
    await costOf(at('/'));
    for (const path of ['/', '/index.html', '/dir/', '/dir/index.html']) {
      expect([path, await costOf(at(path))]).toEqual([path, [200, { INDEX: 1 }]]);
    }
    expect(await costOf(at('/'), 'HEAD')).toEqual([200, { INDEX: 1 }]);
    expect(await costOf(at('/big.html'))).toEqual([200, { INDEX: 1, BLOBS: 1 }]);
    expect(await costOf(at('/big.html'))).toEqual([200, { INDEX: 1 }]);
    expect(await costOf(at('/none'))).toEqual([301, { INDEX: 1 }]);
  });

  it('[WebsiteServing-16] costs one call to the index more where the error page is shown', async () => {
    const small = await newSite(`${index()}${errorPage()}`, { 'error.html': 'small' });
    const at = (bucket: string) => `http://${bucket}.localhost/none`;
    await costOf(at(small));
    expect(await costOf(at(small))).toEqual([404, { INDEX: 2 }]);
    const large = await newSite(`${index()}${errorPage()}`, { 'error.html': 'x'.repeat(20_000) });
    expect(await costOf(at(large))).toEqual([404, { INDEX: 2, BLOBS: 1 }]);
    expect(await costOf(at(large))).toEqual([404, { INDEX: 2 }]);
  });

  it('costs one look at the configuration in force where it is refused', async () => {
    const bucket = await newSite(subDirs(), { 'index.html': 'small' }, 'private');
    expect(await costOf(`http://${bucket}.localhost/`)).toEqual([403, { BUCKET: 1 }]);
  });
});
