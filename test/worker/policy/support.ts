import type { Operation } from '../../../src/oss/operation.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { md5 } from '../support/config.ts';
import type { Wish } from '../support/wire.ts';

/** Everything that is done to a bucket or an object by somebody who needs a permission; forms say in their body by whom. */
export const judged = [...built, ...planned].filter(
  (row) =>
    row.target !== 'service' &&
    row.access !== 'none' &&
    !row.createsBucket &&
    !row.signedForm &&
    row.name !== 'DeleteBucket',
);

/** A request that means this operation and can do no harm. */
export function requestFor(row: Operation, bucket: string): [method: string, path: string, wish: Wish] {
  const query = (row.select ?? []).map((key) => (key.includes('=') ? key : `${key}=none`)).join('&');
  const path = `/${bucket}${row.target === 'object' ? '/no-such-object' : ''}${query === '' ? '' : `?${query}`}`;
  const headers: Record<string, string> = row.selectHeader === undefined ? {} : { [row.selectHeader]: '/a/b' };
  if (row.name !== 'DeleteMultipleObjects') return [row.method, path, { as: 'other', headers }];
  const body = '<Delete><Object><Key>no-such-object</Key></Object></Delete>';
  return [row.method, path, { as: 'other', body, headers: { 'content-md5': md5(body) } }];
}
