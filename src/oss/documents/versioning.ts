import type { Versioning } from '../../bucket/config.ts';
import { invalidArgument } from '../answer/errors.ts';
import { decode, document, optional, record } from '../xml/schema.ts';
import { text } from '../xml/values.ts';

/** The state of a bucket's versioning (reference 7.6.1); never set, it has no `Status` ([GetBucketVersioning-1]). */
export const versioningDocument = document('VersioningConfiguration', record({ status: optional(text()) }));

const BYTES_MAX = 16 * 1_024;

/**
 * @throws {OssError} MalformedXML; InvalidArgument where the status is missing or neither of the two that can be set: the
 *   reference says so, although the live service has MalformedXML ([PutBucketVersioning-2])
 */
export function decodeVersioning(bytes: Uint8Array): Versioning {
  const { status } = decode(versioningDocument, bytes, { maxBytes: BYTES_MAX });
  if (status === undefined) throw invalidArgument('Status', '', 'The Versioning element must be specified');
  if (status !== 'Enabled' && status !== 'Suspended') throw invalidArgument('Status', status.slice(0, 256));
  return status;
}
