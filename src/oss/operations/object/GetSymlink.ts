import { percentEncode } from '../../../lib/percent.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { objectHeaders } from '../../object/headers.ts';
import { readObject } from '../../object/read.ts';
import { operation } from '../../operation.ts';

/** Tells where a link leads, without a look at its target (reference 8.5.2). */
export const GetSymlink = operation({
  name: 'GetSymlink',
  method: 'GET',
  target: 'object',
  select: ['symlink'],
  query: ['versionId'],
  action: 'GetObject',
  versionAction: 'GetObjectVersion',
  access: 'read',
  hierarchical: false,
  async run(exchange) {
    const { record } = await readObject(exchange, { content: false, conditional: false });
    if (record.link === null) throw new OssError('NotSymlink');
    return emptyReply(200, {
      ...objectHeaders(record, exchange.bucket),
      'x-oss-symlink-target': percentEncode(record.link, true), // The Python and Go SDKs give it as it is: slashes stay.
    });
  },
});
