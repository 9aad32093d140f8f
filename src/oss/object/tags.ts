import type { ObjectRecord, Tags } from '../../index/records.ts';
import type { Exchange } from '../exchange.ts';
import { objectRefusal } from './headers.ts';
import { requestedVersion } from './version-param.ts';

/** What reading an object's tags takes. Tags are no data: no ACL opens them. */
export const readingTags = {
  action: 'GetObjectTagging',
  versionAction: 'GetObjectVersionTagging',
  access: 'owner',
} as const;

/** `x-oss-tagging-count`, for an object that has tags and a caller who may read them ([ObjCommon-34], [HeadObject-14]). */
export function tagCountHeader(exchange: Exchange, { tags }: ObjectRecord): Record<string, string> {
  if (tags === null || !exchange.judgement.permits(readingTags)) return {};
  return { 'x-oss-tagging-count': String(tags.length) };
}

/**
 * Replaces the tags of the addressed version.
 * @returns the headers that name the version
 * @throws {OssError} NoSuchKey, also for a delete marker ([PutObjectTagging-5]), NoSuchVersion, InvalidArgument
 */
export async function setTags(exchange: Exchange, tags: Tags | null): Promise<Record<string, string>> {
  const { key } = exchange;
  const answer = await exchange.index.setTags({ key, ...requestedVersion(exchange), tags });
  if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at);
  return exchange.bucket.versioning === undefined ? {} : { 'x-oss-version-id': answer.ok.versionId };
}
