import { exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import { formOf, rpcParameters, signRpc } from '../../support/rpc.ts';
import { Answer, keys } from '../support/wire.ts';

export interface Call {
  /** Which key signs. */
  readonly as?: keyof typeof keys;
  readonly method?: string;
  readonly url?: string;
  /** Where the parameters are: in the form or in the query. */
  readonly place?: 'form' | 'query';
  /** Replaces what the signature is. */
  readonly signature?: string;
  /** Added after signing. */
  readonly unsigned?: Record<string, string>;
  readonly via?: (request: Request) => Promise<Response>;
}

/** Calls the token service. */
export async function rpc(parameters: Record<string, string | undefined>, call: Call = {}): Promise<Answer> {
  const { as = 'owner', method = 'POST', url = 'http://localhost/', place = 'form' } = call;
  const signed = rpcParameters(keys[as], parameters);
  const Signature = call.signature ?? signRpc(method, signed, keys[as].accessKeySecret);
  const text = formOf({ ...signed, Signature, ...call.unsigned });
  const request =
    place === 'query'
      ? new Request(`${url}?${text}`, { method })
      : new Request(url, { method, body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const response = await (call.via?.(request) ?? exports.default.fetch(request));
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

export const arn = (roleName: string, accountId = '1000000000000001') => `acs:ram::${accountId}:role/${roleName}`;

export interface Credentials {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly Expiration: string;
}

/** Assumes a role that the caller may assume. */
export async function assume(
  roleName: string,
  parameters: Record<string, string | undefined> = {},
  call: Call = {},
): Promise<Credentials> {
  const answer = await rpc({ RoleArn: arn(roleName), RoleSessionName: 'session', ...parameters }, call);
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('SecurityToken')]);
  return (JSON.parse(answer.text) as { Credentials: Credentials }).Credentials;
}
