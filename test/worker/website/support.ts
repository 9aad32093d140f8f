import { createHash } from 'node:crypto';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

/** A website document around what is said. */
export function site(inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><WebsiteConfiguration>${inner}</WebsiteConfiguration>`;
}

export const index = (more = ''): string => `<IndexDocument><Suffix>index.html</Suffix>${more}</IndexDocument>`;
export const subDirs = (type?: 0 | 1 | 2): string =>
  index(`<SupportSubDir>true</SupportSubDir>${type === undefined ? '' : `<Type>${type}</Type>`}`);
export const errorPage = (status?: 200 | 404): string =>
  `<ErrorDocument><Key>error.html</Key>${status === undefined ? '' : `<HttpStatus>${status}</HttpStatus>`}</ErrorDocument>`;

export const rules = (...inner: string[]): string => `<RoutingRules>${inner.join('')}</RoutingRules>`;

/** One rule; texts are the elements inside. */
export function rule(number: number | string, condition: string, redirect: string): string {
  return `<RoutingRule><RuleNumber>${number}</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect></RoutingRule>`;
}

export const on404 = '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>';
export const external = (more = ''): string =>
  `<RedirectType>External</RedirectType><HostName>www.example.com</HostName>${more}`;
export const mirror = (more = '', url = 'http://origin.example/'): string =>
  `<RedirectType>Mirror</RedirectType><MirrorURL>${url}</MirrorURL>${more}`;

export function putWebsite(bucket: string, inner: string, wish: Wish = {}): Promise<Answer> {
  return send('PUT', `/${bucket}?website`, { ...wish, body: site(inner) });
}

export function getWebsite(bucket: string): Promise<Answer> {
  return send('GET', `/${bucket}?website`);
}

/** A public bucket with a website and some pages, by name. */
export async function newSite(inner: string, pages: Record<string, string> = {}, acl = 'public-read'): Promise<string> {
  const bucket = await newBucket({ acl });
  for (const [name, body] of Object.entries(pages)) await putPage(bucket, name, body);
  const answer = await putWebsite(bucket, inner);
  if (answer.status !== 200) throw new Error(`no website: ${answer.status} ${answer.text}`);
  return bucket;
}

export async function putPage(bucket: string, name: string, body: string, headers = {}): Promise<void> {
  const path = `/${bucket}/${encodeURIComponent(name).replaceAll('%2F', '/')}`;
  const answer = await send('PUT', path, { body, headers: { 'content-type': 'text/html', ...headers } });
  if (answer.status !== 200) throw new Error(`no page: ${answer.status} ${answer.text}`);
}

/** An anonymous request to the bucket's own host. */
export function visit(bucket: string, path: string, wish: Wish & { readonly method?: string } = {}): Promise<Answer> {
  return send(wish.method ?? 'GET', path, { as: 'anonymous', ...wish, host: `${bucket}.localhost` });
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('base64');
}
