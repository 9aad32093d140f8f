import type { ObjectRecord, RestoreState } from '../index/records.ts';
import { httpDate } from '../lib/dates.ts';
import { OssError } from './errors.ts';

/** Classes whose objects can be read only after they have been restored. */
const frozen: ReadonlySet<string> = new Set(['Archive', 'ColdArchive', 'DeepColdArchive']);

/**
 * Refuses the content of an archived object that is not restored at the moment ([GetObject-23], [GetObject-24]).
 * @param now ms since the epoch
 * @throws {OssError} InvalidObjectState
 */
export function refuseFrozen({ storageClass, restore }: ObjectRecord, now: number): void {
  if (!frozen.has(storageClass)) return;
  if (restore === null || now < restore.ready || now >= restore.expires) throw new OssError('InvalidObjectState');
}

/** How far a restoration is, as headers and listings tell it; undefined where there was none, or it is over. */
export function restoreText(restore: RestoreState | null, now: number): string | undefined {
  if (restore === null || now >= restore.expires) return undefined;
  if (now < restore.ready) return 'ongoing-request="true"';
  return `ongoing-request="false", expiry-date="${httpDate(restore.expires)}"`;
}
