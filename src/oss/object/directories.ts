import { byteLength } from '../../lib/order.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { isObjectName, KEY_BYTES_MAX } from '../request/address.ts';

/**
 * Directories are for buckets with a hierarchical namespace alone ([ObjCommon-1]).
 * @throws {OssError} AccessDenied
 */
export function mustBeHierarchical(exchange: Exchange): void {
  if (!exchange.bucket.hierarchical) {
    throw new OssError('AccessDenied', { message: 'Hierarchical namespace is disabled.' });
  }
}

/**
 * A path without the slash at its end that names a directory with or without ([CreateDirectory-4]).
 * @throws {OssError} InvalidObjectName
 */
export function directoryPath(name: string): string {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const isPath = isObjectName(path) && !path.includes('//') && !path.endsWith('/');
  if (!isPath || byteLength(path) >= KEY_BYTES_MAX) {
    throw new OssError('InvalidObjectName', { extra: { ObjectName: name.slice(0, 2_048) } });
  }
  return path;
}

/**
 * A directory takes no content ([CreateDirectory-3]).
 * @throws {OssError} InvalidArgument
 */
export async function mustBeEmpty({ headers, body }: Request): Promise<void> {
  const declared = headers.get('content-length') ?? '0';
  const refuse = () => invalidArgument('Content-Length', declared.slice(0, 64), 'A directory has no content.');
  if (Number(declared) !== 0) throw refuse();
  if (body === null) return;
  for await (const chunk of body) if (chunk.byteLength > 0) throw refuse();
}
