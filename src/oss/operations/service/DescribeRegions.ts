import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { endpointsOf, regionsOf } from '../../request/regions.ts';
import { XmlWriter } from '../../xml/write.ts';

const ACCELERATE_ENDPOINT = 'oss-accelerate.aliyuncs.com';

/** The regions of this deployment: its own, and those of its service domains (reference 6.1). */
export const DescribeRegions = operation({
  name: 'DescribeRegions',
  method: 'GET',
  target: 'service',
  select: ['regions'],
  action: 'DescribeRegions',
  access: 'account',
  hierarchical: true,
  async run(exchange) {
    const { settings } = exchange;
    const asked = exchange.query('regions') ?? '';
    const regions = regionsOf(settings).filter((region) => asked === '' || region === asked);
    // Evidence for [DescribeRegions-6]: any value that is no region is NoSuchRegion.
    if (regions.length === 0) throw new OssError('NoSuchRegion', { extra: { Region: asked.slice(0, 256) } });
    const out = new XmlWriter('RegionInfoList');
    for (const region of regions) {
      const { extranet, intranet } = endpointsOf(region, settings);
      out
        .open('RegionInfo')
        .leaf('Region', region)
        .leaf('InternetEndpoint', extranet)
        .leaf('InternalEndpoint', intranet)
        .leaf('AccelerateEndpoint', ACCELERATE_ENDPOINT)
        .close();
    }
    return xmlReply(out.end());
  },
});
