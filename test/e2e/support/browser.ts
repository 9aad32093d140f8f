import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, describe, onTestFinished } from 'vitest';
import { browserRequired, chromiumMissing, chromiumPath } from './chromium.ts';
import { after } from './cleanup.ts';

const flags = [
  '--no-sandbox', // CI is root, which Chromium's sandbox refuses; it visits nothing but this machine.
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

/** Names that lead to a port of this machine without naming it. */
const named = new Map<string, number>();
let browser: Promise<Browser> | undefined;

/** A suite whose tests have a browser, {@link visitor}. It is skipped on a machine that has none. */
export function describeInBrowser(title: string, tests: () => void): void {
  describe.skipIf(chromiumPath === undefined && !browserRequired)(title, () => {
    beforeAll(() => {
      if (chromiumPath === undefined) throw new Error(chromiumMissing);
    });
    tests();
  });
}

/** Has browsers find a server on this machine under a name alone. For use before the first visitor comes. */
export function nameHost(name: string, port: number): void {
  if (browser !== undefined) throw new Error('the browser has started already');
  named.set(name, port);
}

/** A page of somebody who was never here: no cache, no cookies. Closed when the test ends. */
export async function visitor(): Promise<Page> {
  browser ??= launch();
  const context = await (await browser).newContext({ viewport: { width: 900, height: 600 } });
  onTestFinished(() => context.close());
  return context.newPage();
}

async function launch(): Promise<Browser> {
  // Every other name below `.test` is this machine too, so that pages can be of any origin.
  const hosts = [...named].map(([name, port]) => `MAP ${name} 127.0.0.1:${port}`).concat('MAP *.test 127.0.0.1');
  const args = [...flags, `--host-resolver-rules=${hosts.join(',')}`];
  const launched = await chromium.launch({ executablePath: chromiumPath!, args });
  after(() => launched.close());
  return launched;
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
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
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
  const list: Sent[] = [];
  const sent = new Map<string, Sent>();
  /** What the network tells of a request may come before the request itself. */
  const early = new Map<string, Partial<Sent>>();
  const tell = (id: string, facts: Partial<Sent>) => {
    const entry = sent.get(id);
    if (entry === undefined) early.set(id, { ...early.get(id), ...facts });
    else Object.assign(entry, facts);
  };
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', ({ requestId, request, type = '' }) => {
    const { method, url } = request;
    if (url.endsWith('/favicon.ico')) return; // Of the browser's own accord, at some time.
    const entry: Sent = { method, url, type, headers: {}, ...early.get(requestId) };
    sent.set(requestId, entry);
    list.push(entry);
  });
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) =>
    tell(requestId, { headers: lowered(headers) }),
  );
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode, headers }) =>
    tell(requestId, { status: statusCode, answer: lowered(headers) }),
  );
  session.on('Network.requestServedFromCache', ({ requestId }) => {
    const entry = sent.get(requestId);
    if (entry !== undefined) list.splice(list.indexOf(entry), 1);
  });
  await session.send('Network.enable');
  return list;
}

/** Method and status of each request, sorted: Chromium tells of a preflight, and of a status, late. Poll it. */
export function steps(list: readonly Sent[]): string[] {
  return list.map(({ method, status }) => `${method} ${status}`).sort();
}

function lowered(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
