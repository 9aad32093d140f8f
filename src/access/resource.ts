import { malformed, quoted } from './policy-error.ts';
import { compileWildcard } from './wildcard.ts';

/** What a request is about. Without `bucket` it is the service itself, without `key` the bucket itself. */
export interface Target {
  /** Account id of the bucket's owner; at service level the caller's. */
  readonly owner: string;
  /** With or without the `oss-` prefix. */
  readonly region: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Another service than object storage, of which `bucket` is then the resource. */
  readonly service?: string;
}

/** Whether a Resource pattern covers a target. */
export type Resource = (target: Target) => boolean;

/**
 * Reads `acs:oss:<region>:<uid>:<bucket>[/<key pattern>]`, or `*` for everything. The last part is matched as one text, so
 * that `*` crosses slashes: `bucket` is the bucket alone, `bucket/*` its objects alone, `*` both.
 *
 * The owner and bucket need not be those of the bucket that carries the policy (evidence-1, PutBucketPolicy-3): a pattern
 * that names others is stored and never applies.
 * @param foreign whether patterns of other services are tolerated, as a RAM policy may hold them
 * @throws {PolicyError}
 */
export function parseResource(pattern: string, foreign: boolean): Resource {
  if (pattern === '*') return () => true;
  const parts = /^acs:([^:]*):([^:]*):([^:]*):(.+)$/su.exec(pattern);
  if (parts === null) throw malformed(`Resource ${quoted(pattern)} is not of the form acs:oss:region:owner:resource.`);
  const [, service = '', region = '', owner = '', path = ''] = parts;
  if (service !== 'oss' && service !== '*') {
    if (!foreign) throw malformed(`Resource ${quoted(pattern)} is not one of this service.`);
    const inAccount = compileWildcard(owner === '' ? '*' : owner);
    const isResource = compileWildcard(path);
    return (target) => target.service === service && inAccount(target.owner) && isResource(targetPath(target));
  }
  if (region === '' || owner === '') throw malformed(`Resource ${quoted(pattern)} leaves out the region or the owner.`);
  const regionMatches = compileWildcard(bareRegion(region));
  const ownerMatches = compileWildcard(owner);
  const pathMatches = compileWildcard(path);
  return (target) =>
    (target.service === undefined || service === '*') &&
    pathMatches(targetPath(target)) &&
    ownerMatches(target.owner) &&
    regionMatches(bareRegion(target.region));
}

/** Policies write regions with and without the prefix (chapter 7.1). */
function bareRegion(region: string): string {
  return region.startsWith('oss-') ? region.slice(4) : region;
}

function targetPath({ bucket = '', key }: Target): string {
  return key === undefined ? bucket : `${bucket}/${key}`;
}
