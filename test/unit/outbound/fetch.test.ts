import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fetchWhole,
  guardedFetch,
  OutboundError,
  type OutboundInit,
  type OutboundOptions,
} from '../../../src/outbound/fetch.ts';

const options: OutboundOptions = {
  allowPrivate: false,
  ownHosts: ['oss.example.net'],
  timeoutMs: 5_000,
  maxBytes: 100,
  redirects: 3,
};

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const sent: Sent[] = [];
let answer: (url: string, init: RequestInit) => Response | Promise<Response>;

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { method = 'GET', body = null } = init;
    const headers = Object.fromEntries(new Headers(init.headers));
    sent.push({ url, method, headers, body: body === null ? '' : await new Response(body).text() });
    expect(init.redirect).toBe('manual');
    return answer(url, init);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function reason(url: string, init: OutboundInit = {}, change: Partial<OutboundOptions> = {}): Promise<string> {
  try {
    const response = await guardedFetch(url, init, { ...options, ...change });
    await response.text();
  } catch (error) {
    if (error instanceof OutboundError) return error.reason;
    throw error;
  }
  throw new Error('not refused');
}

function redirect(location: string, status = 302): Response {
  return new Response('moved', { status, headers: { location } });
}

describe('[Sec-42] a guarded request', () => {
  it('goes to a public host, and is answered', async () => {
    answer = () => new Response('hello', { status: 201, headers: { 'x-a': 'b' } });
    const response = await guardedFetch('http://example.com:81/a?b#c', { headers: { 'x-c': 'd' } }, options);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-a')).toBe('b');
    expect(await response.text()).toBe('hello');
    expect(sent).toEqual([{ url: 'http://example.com:81/a?b', method: 'GET', headers: { 'x-c': 'd' }, body: '' }]);
  });

  it.each([
    ['http://127.1/', 'private-address'],
    ['http://oss.example.net/', 'own-host'],
    ['ftp://example.com/', 'scheme'],
    ['http://a@example.com/', 'user-info'],
    ['example.com', 'invalid-url'],
    ['http://example.com:x/', 'invalid-url'],
  ])('does not begin to %s', async (url, expected) => {
    expect(await reason(url)).toBe(expected);
    expect(sent).toEqual([]);
  });

  it('follows redirects, relative ones too, and checks each', async () => {
    answer = (url) => (url.endsWith('/3') ? new Response('end') : redirect(`./${Number(url.at(-1)) + 1}`));
    const response = await guardedFetch('http://example.com/0', {}, options);
    expect(await response.text()).toBe('end');
    expect(sent.map(({ url }) => url)).toEqual([0, 1, 2, 3].map((n) => `http://example.com/${n}`));
  });

  it.each([
    ['http://169.254.169.254/', 'private-address'],
    ['//localhost/', 'private-address'],
    ['http://0x7f.1/', 'private-address'],
    ['https://bucket.oss.example.net/', 'own-host'],
    ['file:///etc/passwd', 'scheme'],
    ['http://me:secret@example.com/', 'user-info'],
    ['http://[', 'invalid-url'],
  ])('does not follow a redirect to %s', async (location, expected) => {
    answer = () => redirect(location);
    expect(await reason('http://example.com/')).toBe(expected);
    expect(sent).toHaveLength(1);
  });

  it('gives up on too many redirects, and returns the first one where none is wanted', async () => {
    answer = (url) => redirect(`${url}x`);
    expect(await reason('http://example.com/')).toBe('redirects');
    expect(sent).toHaveLength(4);
    expect((await guardedFetch('http://example.com/', {}, { ...options, redirects: 0 })).status).toBe(302);
    answer = () => new Response('no location', { status: 302 });
    expect((await guardedFetch('http://example.com/', {}, options)).status).toBe(302);
  });

  it('takes no credentials and no body to where they do not belong', async () => {
    const init = {
      method: 'POST',
      headers: { authorization: 'a', cookie: 'b', 'content-type': 'text/plain', 'x-kept': 'c' },
      body: 'body',
    };
    answer = (url) => (url.includes('other') ? new Response('') : redirect('http://other.example.com/', 307));
    await guardedFetch('http://example.com/', init, options);
    expect(sent[1]).toEqual({
      url: 'http://other.example.com/',
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-kept': 'c' },
      body: 'body',
    });
    sent.length = 0;
    answer = (url) => (url.endsWith('/b') ? new Response('') : redirect('/b', 303));
    await guardedFetch('http://example.com/a', init, options);
    expect(sent[1]).toMatchObject({ method: 'GET', body: '' });
    expect(sent[1]?.headers).toEqual({ authorization: 'a', cookie: 'b', 'x-kept': 'c' });
  });

  it('reads no more than is wanted, whether the length is announced or not', async () => {
    const announced = (length: number) =>
      new Response('x'.repeat(length), { headers: { 'content-length': String(length) } });
    const chunked = (length: number) => new Response(new Blob(['x'.repeat(length)]).stream());
    for (const make of [announced, chunked]) {
      answer = () => make(100);
      expect(await (await guardedFetch('http://example.com/', {}, options)).text()).toHaveLength(100);
      expect((await fetchWhole('http://example.com/', {}, options)).bytes).toHaveLength(100);
      answer = () => make(101);
      expect(await reason('http://example.com/')).toBe('too-large');
      await expect(fetchWhole('http://example.com/', {}, options)).rejects.toMatchObject({ reason: 'too-large' });
    }
  });

  it('leaves the body of an unwanted answer', async () => {
    answer = () => new Response('x'.repeat(1_000), { status: 500 });
    const isWanted = (status: number) => status === 200;
    const { status, bytes } = await fetchWhole('http://example.com/', {}, { ...options, isWanted });
    expect({ status, length: bytes.length }).toEqual({ status: 500, length: 0 });
  });

  it('says so where nobody answers, or the answer breaks off', async () => {
    answer = () => Promise.reject(new TypeError('connection refused'));
    expect(await reason('http://example.com/')).toBe('unreachable');
    answer = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.error(new Error('reset'));
          },
        }),
      );
    await expect(fetchWhole('http://example.com/', {}, options)).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('waits no longer than it may, for the answer and for its end', async () => {
    vi.useFakeTimers();
    let aborted = 0;
    answer = (_, { signal }) => {
      signal!.addEventListener('abort', () => aborted++);
      return new Promise(() => {});
    };
    const late = fetchWhole('http://example.com/', {}, options).catch((error: OutboundError) => error.reason);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(aborted).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toBe('timeout');
    expect(aborted).toBe(1);
    answer = () => new Response(new ReadableStream());
    const endless = fetchWhole('http://example.com/', {}, options).catch((error: OutboundError) => error.reason);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await endless).toBe('timeout');
  });
});
