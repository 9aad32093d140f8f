import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, describe, onTestFinished } from 'vitest';
import { browserRequired, chromiumMissing, chromiumPath } from './chromium.ts';
import { after } from './cleanup.ts';

/** Every name below `.test` is this machine, so that pages can be of any origin. */
const flags = [
  '--host-resolver-rules=MAP *.test 127.0.0.1',
  '--no-sandbox', // CI is root, which Chromium's sandbox refuses; it visits nothing but this machine.
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

let browser: Browser;

/** A suite whose tests have a browser, {@link visitor}. It is skipped on a machine that has none. */
export function describeInBrowser(title: string, tests: () => void): void {
  describe.skipIf(chromiumPath === undefined && !browserRequired)(title, () => {
    beforeAll(async () => {
      if (chromiumPath === undefined) throw new Error(chromiumMissing);
      browser ??= await chromium.launch({ executablePath: chromiumPath, args: flags });
      after(() => browser.close());
    });
    tests();
  });
}

/** A page of somebody who was never here: no cache, no cookies. Closed when the test ends. */
export async function visitor(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 600 } });
  onTestFinished(() => context.close());
  return context.newPage();
}

/**
 * Runs a script in a page: the body of an async function of `given`. It is a text, because the tests are compiled for
 * a world without `document`.
 */
export function inPage<T>(page: Page, script: string, given: unknown = null): Promise<T> {
  return page.evaluate(`(async (given) => {${script}})(${JSON.stringify(given)})`);
}

/** Keeps a picture of the page for somebody to look at, where `SCREENSHOTS` names a folder. */
export async function look(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** A request as it went over the network, preflights and what the cache asked about included. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  /** `Fetch`, `Document`, `Media`, ... */
  readonly type: string;
  headers: Record<string, string>;
  /** Of the answer as it came, such as 304; undefined until then. */
  status?: number;
  answer?: Record<string, string>;
}

/** What a page sends from now on. Answers of the cache alone do not count. */
export async function traffic(page: Page): Promise<Sent[]> {
  const sent = new Map<string, Sent>();
  const list: Sent[] = [];
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', ({ requestId, request, type = '' }) => {
    const { method, url } = request;
    if (url.endsWith('/favicon.ico')) return; // Of the browser's own accord, at some time.
    const entry: Sent = { method, url, type, headers: lowered(request.headers) };
    sent.set(requestId, entry);
    list.push(entry);
  });
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    Object.assign(sent.get(requestId)?.headers ?? {}, lowered(headers));
  });
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode, headers }) => {
    Object.assign(sent.get(requestId) ?? {}, { status: statusCode, answer: lowered(headers) });
  });
  session.on('Network.requestServedFromCache', ({ requestId }) => {
    const entry = sent.get(requestId);
    if (entry !== undefined) list.splice(list.indexOf(entry), 1);
  });
  await session.send('Network.enable');
  return list;
}

/** Method and status of each request, sorted: Chromium tells of a preflight late. */
export function steps(list: readonly Sent[]): string[] {
  return list.map(({ method, status }) => `${method} ${status}`).sort();
}

function lowered(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
