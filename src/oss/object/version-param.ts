import { isVersionId } from '../../index/versions.ts';
import { invalidArgument } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/**
 * The version that a request names, if it names one.
 * @throws {OssError} InvalidArgument on an empty or impossible id (evidence for [ObjCommon-12])
 */
export function requestedVersion(exchange: Exchange): { versionId?: string } {
  const versionId = exchange.query('versionId');
  if (versionId === undefined) return {};
  if (!isVersionId(versionId)) throw invalidArgument('versionId', versionId, 'Invalid version id specified');
  return { versionId };
}
