import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { inPage } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import type { Server } from '../support/server.ts';

export const html = (title: string, body = ''): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="stylesheet" href="/css/site.css"><h1>${title}</h1>${body}`;
export const css = `${'/* a style sheet long enough to be compressed */\n'.repeat(40)}h1 { color: rgb(0, 96, 160); font: 2em sans-serif }`;
export const svg = (colour: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80"><rect width="120" height="80" fill="${colour}"/></svg>`;

/** A small site: pages in directories, a style sheet, a picture, a page for what is missing. */
export const pages = {
  'index.html': html('Home', '<a href="docs">Docs</a> <img src="img/logo.svg" alt="logo">'),
  'docs/index.html': html('Docs', '<a href="guide/">Guide</a> <img src="../img/logo.svg" alt="logo">'),
  'docs/guide/index.html': html('Guide', '<a href="第 一.html">One</a>'),
  'docs/guide/第 一.html': html('Chapter one'),
  '404.html': html('Nothing here', '<a href="/">Home</a>'),
  'css/site.css': css,
  'img/logo.svg': svg('teal'),
};

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  svg: 'image/svg+xml',
  js: 'application/javascript',
};

export const index = (type?: number): string =>
  `<IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir>${type === undefined ? '' : `<Type>${type}</Type>`}</IndexDocument>`;
export const errorPage = (key: string, status = 404): string =>
  `<ErrorDocument><Key>${key}</Key><HttpStatus>${status}</HttpStatus></ErrorDocument>`;
export const rules = (...list: string[]): string => `<RoutingRules>${list.join('')}</RoutingRules>`;
export const rule = (number: number, condition: string, redirect: string): string =>
  `<RoutingRule><RuleNumber>${number}</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect></RoutingRule>`;
export const prefix = (text: string): string => `<KeyPrefixEquals>${text}</KeyPrefixEquals>`;
export const on404 = '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>';

let serial = 0;

/** A public bucket that is a website. */
export class Site {
  readonly bucket = `browser-site-${serial++}`;
  /** The bucket's own host, without a slash. */
  readonly base: string;
  readonly #client: Client;

  constructor(server: Server, client: Client) {
    this.base = `http://${this.bucket}.localhost:${server.port}`;
    this.#client = client;
  }

  static async open(server: Server, client: Client, website: string, files: Record<string, string> = pages) {
    const site = new Site(server, client);
    await site.configure('', '', { 'x-oss-acl': 'public-read' });
    for (const [name, body] of Object.entries(files)) await site.put(name, body);
    await site.website(website);
    return site;
  }

  website(inner: string): Promise<void> {
    return this.configure('?website', `<WebsiteConfiguration>${inner}</WebsiteConfiguration>`);
  }

  async configure(query: string, body: string, headers: Record<string, string> = {}): Promise<void> {
    const method = query.startsWith('?cname') ? 'POST' : 'PUT';
    const answer = await this.#client.send(method, `/${this.bucket}${query}`, { body, headers });
    expect([answer.status, answer.body.toString()]).toEqual([200, '']);
  }

  async put(name: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<void> {
    const path = `/${this.bucket}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const type = types[name.split('.').pop()!] ?? 'application/octet-stream';
    const answer = await this.#client.send('PUT', path, { body, headers: { 'content-type': type, ...headers } });
    expect([name, answer.status]).toEqual([name, 200]);
  }
}

export const heading = (page: Page): Promise<string | null> => page.textContent('h1');

/** Width of a picture once it has come, in pixels; 0 where it did not. */
export function imageWidth(page: Page, selector = 'img'): Promise<number> {
  return inPage(
    page,
    `const image = document.querySelector(given);
     if (!image.complete) await new Promise((done) => { image.onload = image.onerror = done; });
     return image.naturalWidth;`,
    selector,
  );
}
