import { percentEncode } from '../lib/percent.ts';
import type { Redirect, RuleCondition } from './config.ts';

/** The parts of a request that a redirect may repeat. */
interface Asked {
  readonly key: string;
  readonly host: string;
  readonly base: string;
  readonly query: string;
}

/**
 * Where a redirect rule sends the client ([WebsiteServing-27]). Protocol and host are the owner's, or the host that
 * the client itself asked; everything of the name is encoded, so that no name can lead to another host.
 */
export function redirectLocation(condition: RuleCondition, redirect: Redirect, asked: Asked): string {
  const { protocol = 'http', hostName = '', passQueryString } = redirect;
  const authority = hostName === '' ? asked.host + asked.base : hostName;
  const name = encodeName(replacedKey(condition, redirect, asked.key));
  const query = passQueryString === true && asked.query !== '' ? `?${asked.query}` : '';
  return `${protocol}://${authority}/${name}${query}`;
}

/** A name as part of an address: slashes stay. */
export function encodeName(key: string): string {
  return percentEncode(key, true);
}

/** The name that a rule leads to ([WebsiteServing-28] to [WebsiteServing-32]). */
export function replacedKey({ keyPrefixEquals = '' }: RuleCondition, redirect: Redirect, key: string): string {
  const { replaceKeyWith = '', replaceKeyPrefixWith = '', enableReplacePrefix } = redirect;
  if (replaceKeyWith !== '') return replaceKeyWith.replaceAll('${key}', () => key);
  if (replaceKeyPrefixWith === '' && enableReplacePrefix !== true) return key;
  return replaceKeyPrefixWith + withoutPrefix(key, keyPrefixEquals);
}

/**
 * The name that an origin is asked for. There the prefix is only replaced where the rule says so in as many words
 * ([WebsiteServing-35]).
 */
export function originKey({ keyPrefixEquals = '' }: RuleCondition, redirect: Redirect, key: string): string {
  if (redirect.enableReplacePrefix !== true) return key;
  return (redirect.replaceKeyPrefixWith ?? '') + withoutPrefix(key, keyPrefixEquals);
}

function withoutPrefix(key: string, prefix: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}
