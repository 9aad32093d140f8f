import type { ObjectRecord } from '../../index/records.ts';
import { thawOf } from '../../index/restore.ts';
import { OssError } from '../answer/errors.ts';

type Frozen = Pick<ObjectRecord, 'storageClass' | 'restore'>;

/**
 * How far the restoration of an object is, as `x-oss-restore` and listings say it; undefined where there is none, or
 * none any more ([HeadObject-5]).
 * @param now ms
 */
export function restoreInfo({ storageClass, restore }: Frozen, now: number): string | undefined {
  switch (thawOf(storageClass, restore, now)) {
    case 'restoring':
      return 'ongoing-request="true"';
    case 'restored':
      return `ongoing-request="false", expiry-date="${new Date(restore!.expires).toUTCString()}"`;
    default:
      return undefined;
  }
}

/**
 * Refuses to read the content of a frozen object, whoever reads it for whatever purpose ([GetObject-23]).
 * @throws {OssError} InvalidObjectState
 */
export function mustBeThawed(record: Pick<ObjectRecord, 'key'> & Frozen): void {
  if (isFrozen(record, Date.now())) throw new OssError('InvalidObjectState', { extra: { ObjectName: record.key } });
}

/** Whether a version's bytes cannot be read now. @param now ms since the epoch */
export function isFrozen({ storageClass, restore }: Frozen, now: number): boolean {
  const thaw = thawOf(storageClass, restore, now);
  return thaw === 'frozen' || thaw === 'restoring';
}
