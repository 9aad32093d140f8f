import type { ObjectAddress, RestoreState, RestoreTier } from './records.ts';

export interface RestoreCommand extends ObjectAddress {
  /** Null where the request does not say. */
  readonly days: number | null;
  readonly tier: RestoreTier | null;
  /** Length of a day, ms. */
  readonly dayMs: number;
}

/** What a request to restore came to. */
export type RestoreOutcome =
  | 'started'
  /** It was restored already and stays so for longer. */
  | 'extended'
  | 'in-progress'
  /** Its class is always readable. */
  | 'not-archived'
  /** Its class knows no tiers; or not this one. */
  | 'no-tiers'
  | 'bad-tier'
  | 'bad-days';

export interface RestoreReply {
  readonly outcome: RestoreOutcome;
  readonly versionId: string;
  readonly storageClass: string;
}

export interface CleanReply {
  /** What it was; only a restored object was changed. */
  readonly thaw: Thaw;
  readonly versionId: string;
}

/** How the objects of a class are thawed: the most days that they stay readable, and hours until they are. */
interface Archive {
  readonly daysMax: number;
  readonly hours: Readonly<Partial<Record<RestoreTier, number>>>;
  /** Whether a request may choose the tier. */
  readonly tiers: boolean;
}

/** Reference 8.1.10 for the first two ([RestoreObject-2], [RestoreObject-7]). */
const archives: Readonly<Record<string, Archive>> = {
  Archive: { daysMax: 7, hours: { Standard: 1 / 60 }, tiers: false },
  ColdArchive: { daysMax: 365, hours: { Expedited: 1, Standard: 2, Bulk: 5 }, tiers: true },
  DeepColdArchive: { daysMax: 365, hours: { Expedited: 12, Standard: 48 }, tiers: true },
};

const HOURS_A_DAY = 24;

/** What an object of a class that is not always readable is now; `readable` for all others. */
export type Thaw = 'readable' | 'frozen' | 'restoring' | 'restored';

/** @param restore the last restoration that was asked for, if any */
export function thawOf(storageClass: string, restore: RestoreState | null, now: number): Thaw {
  if (archives[storageClass] === undefined) return 'readable';
  if (restore === null || now >= restore.expires) return 'frozen';
  return now < restore.ready ? 'restoring' : 'restored';
}

/** Whether a class can be chosen a restoration's tier for. */
export function hasTiers(storageClass: string): boolean {
  return archives[storageClass]?.tiers ?? false;
}

/** What a request to restore comes to, and the state to store where it does something. */
export interface RestorePlan {
  readonly outcome: RestoreOutcome;
  readonly next?: RestoreState;
}

/** Decides about a request to restore ([RestoreObject-3]). Pure. */
export function planRestore(
  storageClass: string,
  restore: RestoreState | null,
  { days, tier, dayMs }: Pick<RestoreCommand, 'days' | 'tier' | 'dayMs'>,
  now: number,
): RestorePlan {
  const archive = archives[storageClass];
  if (archive === undefined) return { outcome: 'not-archived' };
  if (tier !== null && !archive.tiers) return { outcome: 'no-tiers' };
  const hours = archive.hours[tier ?? 'Standard'];
  if (hours === undefined) return { outcome: 'bad-tier' };
  if (days !== null && (days < 1 || days > archive.daysMax)) return { outcome: 'bad-days' };
  const thaw = thawOf(storageClass, restore, now);
  if (thaw === 'restoring') return { outcome: 'in-progress' };
  if (thaw === 'restored') return { outcome: 'extended', next: extended(restore!, days, archive.daysMax, dayMs, now) };
  const ready = now + (hours * dayMs) / HOURS_A_DAY;
  const expires = ready + (days ?? 1) * dayMs;
  return { outcome: 'started', next: { requested: now, ready, expires, tier: tier ?? 'Standard' } };
}

/** A day more, or the days that are named from now on; never less than before and never beyond the most ([RestoreObject-5]). */
function extended(
  restore: RestoreState,
  days: number | null,
  daysMax: number,
  dayMs: number,
  now: number,
): RestoreState {
  const wanted = days === null ? restore.expires + dayMs : now + days * dayMs;
  const most = restore.ready + daysMax * dayMs;
  return { ...restore, expires: Math.max(restore.expires, Math.min(wanted, most)) };
}
