import { parseStrictJson } from '../../lib/json.ts';
import { type OutboundRules, type TargetFault, targetFault } from '../../outbound/target.ts';
import { OssError } from '../answer/errors.ts';
import { decodeBase64 } from '../form/base64.ts';
import { type CallbackBodyType, isTemplate } from './template.ts';

/** What to call after an upload, and what to say (reference 8.1.9, protocol/oss.md chapter 8). */
export interface Callback {
  /** To be tried in this order. */
  readonly urls: readonly URL[];
  /** The host that the receiver should think it is called by, where it is not the URL's own. */
  readonly host?: string;
  readonly template: string;
  readonly bodyType: CallbackBodyType;
  /** Custom variables by name, `x:` included. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Longest parameter in a header or URL, encoded ([Callback-3]). */
export const CALLBACK_CHARACTERS_MAX = 5 * 1024;
const URLS_MAX = 5;
const JSON_DEPTH_MAX = 8;

/** `EC` by fault, as the service's documentation lists them. */
const codes = {
  encoding: '0007-00000002',
  json: '0007-00000003',
  url: '0007-00000004',
  urls: '0007-00000005',
  host: '0007-00000007',
  private: '0007-00000008',
  body: '0007-00000011',
  variables: '0007-00000102',
  length: '0007-00000001',
  'variables-length': '0007-00000101',
} as const;

/** 400 `InvalidArgument` on a callback ([Callback-E1]). */
export function badCallback(fault: keyof typeof codes, message: string, name = 'callback'): OssError {
  return new OssError('InvalidArgument', {
    message,
    ec: codes[fault],
    extra: { ArgumentName: name, ArgumentValue: '' },
  });
}

/** A parameter as sent. */
export interface Encoded {
  /** What the client called it. */
  readonly name: string;
  readonly value: string;
  /** Longest value; undefined in a form, whose fields have limits of their own. */
  readonly charactersMax?: number;
}

/**
 * Parses and checks a callback.
 * @returns undefined where it names no URL: the service takes that for no callback at all ([Callback-9])
 * @throws {OssError} InvalidArgument
 */
export function parseCallback(
  parameter: Encoded,
  variables: ReadonlyMap<string, string>,
  rules: OutboundRules,
): Callback | undefined {
  const { name } = parameter;
  const members = decodeObject(parameter, 'The callback configuration', 'length');
  const { callbackUrl = '', callbackHost = '', callbackBody, callbackBodyType } = members;
  if (typeof callbackUrl !== 'string') throw badCallback('url', 'callbackUrl is not a text.', name);
  if (callbackUrl.trim() === '') return undefined;
  const urls = parseUrls(callbackUrl, rules, name);
  if (typeof callbackHost !== 'string' || (callbackHost !== '' && !isHost(callbackHost))) {
    throw badCallback('host', 'callbackHost is not a host name.', name);
  }
  if (typeof callbackBody !== 'string' || callbackBody === '') {
    throw badCallback('body', 'The callbackBody is missing or empty.', name);
  }
  if (!isTemplate(callbackBody)) {
    throw badCallback('body', 'A variable in callbackBody is not of the form ${var}.', name);
  }
  const bodyType = callbackBodyType === undefined ? 'application/x-www-form-urlencoded' : callbackBodyType;
  if (bodyType !== 'application/x-www-form-urlencoded' && bodyType !== 'application/json') {
    throw badCallback('body', 'The callbackBodyType is invalid.', name);
  }
  return {
    urls,
    ...(callbackHost === '' ? {} : { host: callbackHost }),
    template: callbackBody,
    bodyType,
    variables,
  };
}

/**
 * Parses custom variables, `{"x:name": "value"}`. A name with capitals is taken, but names nothing ([Callback-8]).
 * @throws {OssError} InvalidArgument
 */
export function parseVariables(parameter: Encoded): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const members = decodeObject(parameter, 'The callback-var configuration', 'variables-length');
  for (const [name, value] of Object.entries(members)) {
    if (!name.startsWith('x:') || typeof value !== 'string') {
      const message = 'The callback-var configuration is not a map of x: names to texts.';
      throw badCallback('variables', message, parameter.name);
    }
    addVariable(variables, name, value);
  }
  return variables;
}

/** Adds what can be substituted: names in lower case. */
export function addVariable(variables: Map<string, string>, name: string, value: string): void {
  if (name === name.toLowerCase()) variables.set(name, value);
}

function decodeObject(
  { name, value, charactersMax }: Encoded,
  what: string,
  tooLong: 'length' | 'variables-length',
): Record<string, unknown> {
  if (charactersMax !== undefined && value.length > charactersMax) {
    throw badCallback(tooLong, `${what} exceeds ${charactersMax} bytes.`, name);
  }
  const bytes = decodeBase64(value.trim());
  if (bytes === undefined) throw badCallback('encoding', `${what} is not base64 encoded.`, name);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const json = parseStrictJson(text, JSON_DEPTH_MAX);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Not JSON, or not text at all.
  }
  throw badCallback('json', `${what} is not json format.`, name);
}

function parseUrls(list: string, rules: OutboundRules, name: string): URL[] {
  const texts = list
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length > URLS_MAX) throw badCallback('urls', `callbackUrl has more than ${URLS_MAX} URLs.`, name);
  if (texts.length === 0) throw badCallback('url', 'callbackUrl is not a URL.', name);
  return texts.map((text) => parseUrl(text, rules, name));
}

/** Samples have bare hosts and addresses: those mean http ([Callback-11]). */
function parseUrl(text: string, rules: OutboundRules, name: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw badCallback('url', 'callbackUrl is not a URL.', name);
  const url = new URL(full);
  url.hash = '';
  // A question mark with nothing behind it would be sent, but is no part of `search`, which is what gets signed.
  if (url.search === '') url.search = '';
  const fault = targetFault(url, rules);
  if (fault === undefined) return url;
  if (fault === 'private-address' && !isBareName(url)) {
    throw badCallback('private', 'Private address is forbidden to callback.', name);
  }
  throw badTarget(fault, name);
}

/** The refusal of a URL that nothing may be sent to. */
export function badTarget(fault: TargetFault, name: string): OssError {
  return badCallback('url', faultMessages[fault], name);
}

/** A word without a dot is no private address but a mistake (evidence for [Callback-5]); `localhost` is one. */
function isBareName({ hostname }: URL): boolean {
  return !/[.[]/.test(hostname) && hostname !== 'localhost';
}

const faultMessages: Readonly<Record<TargetFault, string>> = {
  scheme: 'callbackUrl is neither http nor https.',
  'user-info': 'callbackUrl has a user name.',
  host: 'callbackUrl is not a URL.',
  'private-address': 'callbackUrl has no valid host.',
  ipv6: 'callbackUrl has an IPv6 address, which is not supported.',
  'own-host': 'The gateway itself is forbidden to callback.',
};

/** A domain name or an IPv4 address, perhaps with a port ([Callback-10]). */
function isHost(text: string): boolean {
  return /^(?=.{1,253}(?::|$))[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*(:[0-9]{1,5})?$/.test(
    text,
  );
}
