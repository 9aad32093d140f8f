import { randomHex } from '../lib/random.ts';

/** The literal that names the version written while versioning was not enabled ([ObjCommon-8]). */
export const NULL_VERSION = 'null';

/** A new version id: 64 URL-safe characters (evidence for [ObjCommon-7]). */
export function mintVersionId(): string {
  return `CAEQ${randomHex(30)}`;
}

/** Whether a text can name a version at all: one of ours, or `null` (evidence for [ObjCommon-12]). */
export function isVersionId(text: string): boolean {
  return text === NULL_VERSION || /^CAEQ[0-9a-f]{60}$/.test(text);
}
