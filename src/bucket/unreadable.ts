import type { BucketConfig } from './config.ts';

const REPORTS_MAX = 1_000;

/** What this isolate has said already. */
const reported = new Set<string>();

/** Logs that documents of a bucket cannot be read: once, as each request to the bucket may find it again. */
export function reportUnreadable(
  { id, name, version }: BucketConfig,
  documents: readonly string[],
  why?: string,
): void {
  const report = `${id} ${version} ${documents.join()}`;
  if (reported.has(report)) return;
  if (reported.size >= REPORTS_MAX) reported.clear();
  reported.add(report);
  console.error(
    JSON.stringify({ event: 'configuration-unreadable', bucket: name, documents, why: why?.slice(0, 500) }),
  );
}
