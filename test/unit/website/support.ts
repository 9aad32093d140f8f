import type { Redirect, RoutingRule, RuleCondition, Website } from '../../../src/website/config.ts';
import type { SiteRequest } from '../../../src/website/rules.ts';

export function asking(
  key: string,
  more: Partial<SiteRequest> & { headers?: Record<string, string> } = {},
): SiteRequest {
  const { headers = {}, ...rest } = more;
  return {
    method: 'GET',
    key,
    anonymous: true,
    host: 'bucket.example.com',
    base: '',
    query: '',
    header: (name) => headers[name.toLowerCase()] ?? null,
    ...rest,
  };
}

export function rule(
  ruleNumber: number,
  condition: Partial<RuleCondition>,
  redirect: Partial<Redirect> = {},
): RoutingRule {
  return {
    ruleNumber,
    condition: { includeHeaders: [], ...condition },
    redirect: { redirectType: 'External', hostName: 'www.example.com', ...redirect },
  };
}

export function website(...routingRules: RoutingRule[]): Website {
  return { routingRules };
}

export const mirror = { redirectType: 'Mirror', mirrorUrl: 'http://origin.example/' } as const;
