import { OssError } from '../answer/errors.ts';

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const NAME_MAX = 253;

/**
 * A domain as clients write it, in the form in which it is kept: lower case, ASCII (IDNA), without a dot at the end
 * ([CreateCnameToken-8], [PutCname-10]).
 * @throws {OssError} InvalidArgument on a scheme, port, path, wildcard, address, or a name of one label
 */
export function domainName(text: string): string {
  const name = toAscii(text.trim().replace(/\.$/, ''));
  if (name !== undefined && isDomainName(name)) return name;
  throw new OssError('InvalidArgument', {
    message: 'The domain name is not valid.',
    extra: { ArgumentName: 'Domain', ArgumentValue: text.slice(0, 256) },
  });
}

/** Whether this is the name of a domain in the form in which it is kept. */
export function isDomainName(name: string): boolean {
  const labels = name.split('.');
  // A name whose last label is a number is an IP address to a browser.
  const named = labels.length > 1 && !/^[0-9]+$/.test(labels.at(-1)!);
  return named && name.length <= NAME_MAX && labels.every((one) => label.test(one));
}

function toAscii(text: string): string | undefined {
  if (text.length > NAME_MAX || /[\s/\\:?#@[\]%*]/.test(text)) return undefined;
  try {
    return new URL(`http://${text}`).hostname;
  } catch {
    return undefined;
  }
}

/** Whether a domain is the service's own, or below one that is ([PutCname-8]). */
export function isReserved(domain: string, serviceDomains: readonly string[]): boolean {
  return [...serviceDomains, 'aliyuncs.com'].some((own) => domain === own || domain.endsWith(`.${own}`));
}
