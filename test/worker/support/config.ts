import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { type Answer, accounts, send, type Wish } from './wire.ts';

/** Sends a configuration document. */
export function put(bucket: string, subresource: string, body: string, wish: Wish = {}): Promise<Answer> {
  return send('PUT', `/${bucket}?${subresource}`, { body, ...wish });
}

export function md5(body: string): string {
  return createHash('md5').update(body).digest('base64');
}

export const rule = (fields: Record<string, string | string[]>): string =>
  `<CORSRule>${Object.entries(fields)
    .flatMap(([name, values]) => [values].flat().map((value) => `<${name}>${value}</${name}>`))
    .join('')}</CORSRule>`;

export const cors = (...content: string[]): string => `<CORSConfiguration>${content.join('')}</CORSConfiguration>`;

export const plainRule = rule({ AllowedOrigin: '*', AllowedMethod: 'GET' });

/** Sends as a RAM user of the owner's account whose own policy allows these actions, and nothing else. */
export function allowedTo(...actions: readonly string[]): Wish {
  const key = { accessKeyId: 'GRANTEDKEY', accessKeySecret: 'granted-secret' };
  const policy = { Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: ['*'] }] };
  const user = { ...key, accountId: accounts.owner, userName: 'granted', policy };
  const others = JSON.parse((env as unknown as Record<string, string>).ACCESS_KEYS!) as object[];
  return { key, variables: { ACCESS_KEYS: JSON.stringify([...others, user]) } };
}
