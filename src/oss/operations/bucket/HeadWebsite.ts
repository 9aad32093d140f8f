import { OssError } from '../../errors.ts';
import { operation } from '../../operation.ts';

/** The headers of a website's index page: HEAD behaves as GET does, but a bucket that is no website has no HEAD. */
export const HeadWebsite = operation({
  name: 'HeadWebsite',
  method: 'HEAD',
  target: 'bucket',
  action: 'GetObject',
  access: 'read',
  hierarchical: true,
  site: 'root',
  async run(exchange) {
    // It may just have become one.
    await exchange.reload();
    throw new OssError('MethodNotAllowed', { extra: { Method: 'HEAD' } });
  },
});
