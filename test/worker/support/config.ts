import { createHash } from 'node:crypto';
import { type Answer, send, type Wish } from './wire.ts';

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
