import { OssError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import { XmlWriter } from '../../xml/write.ts';

const ACCELERATE_ENDPOINT = 'oss-accelerate.aliyuncs.com';

/** The regions of this deployment: there is one (reference 6.1). */
export const DescribeRegions = operation({
  name: 'DescribeRegions',
  method: 'GET',
  target: 'service',
  select: ['regions'],
  action: 'DescribeRegions',
  access: 'account',
  hierarchical: true,
  async run(exchange) {
    const { region } = exchange.settings;
    const asked = exchange.query('regions') ?? '';
    // Evidence for [DescribeRegions-6]: any value that is no region is NoSuchRegion.
    if (asked !== '' && asked !== region)
      throw new OssError('NoSuchRegion', { extra: { Region: asked.slice(0, 256) } });
    const out = new XmlWriter('RegionInfoList')
      .open('RegionInfo')
      .leaf('Region', region)
      .leaf('InternetEndpoint', exchange.settings.extranetEndpoint)
      .leaf('InternalEndpoint', exchange.settings.intranetEndpoint)
      .leaf('AccelerateEndpoint', ACCELERATE_ENDPOINT);
    return xmlReply(out.end());
  },
});
