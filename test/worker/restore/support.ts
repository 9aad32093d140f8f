import { type Answer, send, type Wish } from '../support/wire.ts';

export type Class = 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive';

export function put(bucket: string, key: string, storageClass: Class, body: string = key): Promise<Answer> {
  return send('PUT', `/${bucket}/${key}`, { body, headers: { 'x-oss-storage-class': storageClass } });
}

/** @param request what is inside the document; without it none is sent */
export function restore(bucket: string, key: string, request?: string, wish: Wish = {}): Promise<Answer> {
  return send('POST', `/${bucket}/${key}?restore`, {
    ...wish,
    ...(request === undefined ? {} : { body: `<RestoreRequest>${request}</RestoreRequest>` }),
  });
}

export function days(count: number | string): string {
  return `<Days>${count}</Days>`;
}

export function tier(name: string): string {
  return `<JobParameters><Tier>${name}</Tier></JobParameters>`;
}

export function result(answer: Answer): unknown[] {
  return answer.status < 400 ? [answer.status] : [answer.status, answer.code];
}

/** What HEAD says of a restoration. */
export async function state(bucket: string, key: string): Promise<string | null> {
  return (await send('HEAD', `/${bucket}/${key}`)).header('x-oss-restore');
}

/** The state of a restored object. */
export function until(ms: number): string {
  return `ongoing-request="false", expiry-date="${new Date(ms).toUTCString()}"`;
}
