import { randomHex } from '../lib/random.ts';

/** The literal that names the version written while versioning was not enabled ([ObjCommon-8]). */
export const NULL_VERSION = 'null';

/** What all ids of ours begin with. `null` sorts behind them. */
export const OWN = 'CAEQ';
const STAMPS_PER_MS = 1_000;

let lastStamp = 0;

/**
 * A new version id: 64 URL-safe characters (evidence for [ObjCommon-7]). Later ids are greater, so that a listing can go
 * on behind a version that has been deleted since.
 * @param now ms since the epoch
 */
export function mintVersionId(now: number): string {
  lastStamp = Math.max(now * STAMPS_PER_MS, lastStamp + 1);
  return `${OWN}${lastStamp.toString(16).padStart(14, '0')}${randomHex(23)}`;
}

/** When one of our ids was minted, in ms since the epoch, rounded down. */
export function mintedAt(versionId: string): number {
  return Math.floor(Number.parseInt(versionId.slice(OWN.length, OWN.length + 14), 16) / STAMPS_PER_MS);
}

/** Whether a text can name a version at all: one of ours, or `null` (evidence for [ObjCommon-12]). */
export function isVersionId(text: string): boolean {
  return text === NULL_VERSION || /^CAEQ[0-9a-f]{60}$/.test(text);
}
