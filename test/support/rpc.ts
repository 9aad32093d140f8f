import { createHmac } from 'node:crypto';

/** Signs calls of the vendor's RPC as its SDKs do. Written from protocol/oss.md 7.4, apart from `src`. */

export interface RpcKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

let serial = 0;

/** The parameters of a call, with everything that all calls have. A parameter set to undefined is left out. */
export function rpcParameters(key: RpcKey, parameters: Record<string, string | undefined>): Record<string, string> {
  const all = {
    Action: 'AssumeRole',
    Version: '2015-04-01',
    Format: 'JSON',
    AccessKeyId: key.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: `${Date.now()}-${serial++}`,
    Timestamp: new Date().toISOString(),
    ...parameters,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function signRpc(method: string, parameters: Record<string, string>, accessKeySecret: string): string {
  const names = Object.keys(parameters).sort();
  const canonical = names.map((name) => `${encode(name)}=${encode(parameters[name]!)}`).join('&');
  return createHmac('sha1', `${accessKeySecret}&`)
    .update(`${method}&%2F&${encode(canonical)}`)
    .digest('base64');
}

/** As it stands in a query or a form. */
export function formOf(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
