import { Buffer } from 'node:buffer';
import { type MasterKey, masterIdOf } from './master-keys.ts';

/** What a blob's name tells: whose it is, and how old. */
export interface BlobName {
  shardId: string;
  /** Start of the UTC hour in which the name was made, in ms since the epoch. */
  hourMs: number;
  /** 128 random bits, base64url. */
  random: string;
  /** For a sealed blob the token of its data key, base64url. */
  keyToken: string | null;
}

const SHARD_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
const NAME = /^([A-Za-z0-9._:~-]{1,128})\/(\d{4})(\d{2})(\d{2})(\d{2})\/([A-Za-z0-9_-]{22})(?:\.([A-Za-z0-9_-]{64}))?$/;

/** `yyyymmddhh` in UTC: sorts as time does. */
export function hourStamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13).replace(/[-T]/g, '');
}

/** The prefix that all blobs of a shard share, and no blob of another. @throws {RangeError} on a malformed shard id */
export function shardPrefix(shardId: string): string {
  if (!SHARD_ID.test(shardId)) throw new RangeError(`not a shard id: ${JSON.stringify(shardId)}`);
  return `${shardId}/`;
}

/**
 * A new name, `<shard>/<yyyymmddhh>/<random>`. Never derived from content and never used twice: R2 takes one write a
 * second per name, and a reader relies on a name always meaning the same bytes. The hour lets the orphan sweep list
 * only what is old enough.
 * @throws {RangeError} on a malformed shard id
 */
export function makeBlobName(shardId: string, nowMs: number): string {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  return `${shardPrefix(shardId)}${hourStamp(nowMs)}/${random}`;
}

/**
 * Makes the name of a sealed blob of a new one. The token says how to open it, so a name is all that reading takes,
 * wherever it is copied to.
 */
export function sealedName(name: string, token: Uint8Array<ArrayBuffer>): string {
  return `${name}.${Buffer.from(token).toString('base64url')}`;
}

/** The token of a sealed blob's data key, or null for every other name. */
export function keyTokenOf(name: string): Uint8Array<ArrayBuffer> | null {
  const keyToken = parseBlobName(name)?.keyToken ?? null;
  return keyToken === null ? null : new Uint8Array(Buffer.from(keyToken, 'base64url'));
}

/** Whether a blob is encrypted at rest. */
export function isSealed(name: string): boolean {
  return parseBlobName(name)?.keyToken != null;
}

/** Whether a blob is sealed by this master key; null for one that is not sealed. */
export function isSealedBy(name: string, key: MasterKey | null): boolean {
  const token = keyTokenOf(name);
  return token === null ? key === null : key !== null && masterIdOf(token) === key.id;
}

/** Takes a name apart, or null where it is none of ours. */
export function parseBlobName(name: string): BlobName | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, shardId = '', year = '', month = '', day = '', hour = '', random = '', keyToken = null] = match;
  const hourMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour));
  if (hourStamp(hourMs) !== `${year}${month}${day}${hour}`) return null;
  return { shardId, hourMs, random, keyToken };
}
