/** How a bucket serves a website, as its owner configured it. Plain data: it is stored with the bucket's configuration. */
export interface Website {
  readonly indexDocument?: IndexDocument;
  readonly errorDocument?: ErrorDocument;
  /** In ascending order of their numbers. */
  readonly routingRules: readonly RoutingRule[];
}

export interface IndexDocument {
  /** Name of the page, without a slash. */
  readonly suffix: string;
  /** Whether a directory has its own page; otherwise all show the root's. */
  readonly supportSubDir?: boolean;
  /** What a missing object that may be a directory leads to: 0 its address, 1 nothing, 2 its page. */
  readonly type?: 0 | 1 | 2;
}

export interface ErrorDocument {
  readonly key: string;
  readonly httpStatus: 200 | 404;
}

export interface RoutingRule {
  /** From 1; unique within the website. */
  readonly ruleNumber: number;
  readonly condition: RuleCondition;
  /** Absent where the rule is a script, which nothing here runs. */
  readonly redirect?: Redirect;
  readonly luaConfig?: { readonly script?: string };
}

/** All that is said must hold. */
export interface RuleCondition {
  readonly keyPrefixEquals?: string;
  readonly keySuffixEquals?: string;
  /** Status that the plain request would get. */
  readonly httpErrorCodeReturnedEquals?: number;
  readonly includeHeaders: readonly HeaderCondition[];
}

export interface HeaderCondition {
  readonly key: string;
  readonly equals?: string;
  readonly startsWith?: string;
  readonly endsWith?: string;
}

/** What a rule does. Members that its type has no use for are kept and shown, nothing more ([PutBucketWebsite-24]). */
export interface Redirect extends MirrorSettings, InertSettings {
  readonly redirectType: 'Mirror' | 'External' | 'AliCDN' | 'Internal';
  readonly passQueryString?: boolean;
  readonly protocol?: 'http' | 'https';
  readonly hostName?: string;
  readonly httpRedirectCode?: 301 | 302 | 303 | 307;
  readonly replaceKeyWith?: string;
  readonly replaceKeyPrefixWith?: string;
  readonly enableReplacePrefix?: boolean;
}

export interface MirrorSettings {
  /** Ends with a slash. */
  readonly mirrorUrl?: string;
  /** Asked where `mirrorUrl` fails, and after it the alternates. */
  readonly mirrorUrlSlave?: string;
  readonly mirrorMultiAlternates?: readonly MirrorAlternate[];
  /** Whether any answer but a few counts as a failure of an origin, or only 5xx and silence. */
  readonly mirrorSwitchAllErrors?: boolean;
  /** Status codes of the origin that are answered as they are, separated by commas. */
  readonly transparentMirrorResponseCodes?: string;
  /** Says more than `passQueryString` where it is there. */
  readonly mirrorPassQueryString?: boolean;
  /** True where absent. */
  readonly mirrorFollowRedirect?: boolean;
  readonly mirrorCheckMd5?: boolean;
  readonly mirrorHeaders?: MirrorHeaders;
  /** Answers without storing. */
  readonly mirrorProxyPass?: boolean;
  /** Whether HEAD of a missing object asks the origin too. */
  readonly mirrorAllowHeadObject?: boolean;
  /** Whether user metadata of the origin's answer is stored. */
  readonly mirrorSaveOssMeta?: boolean;
}

export interface MirrorHeaders {
  readonly passAll?: boolean;
  readonly pass: readonly string[];
  readonly remove: readonly string[];
  readonly set: readonly NameValue[];
}

export interface NameValue {
  readonly key: string;
  readonly value: string;
}

export interface MirrorAlternate {
  readonly number?: number;
  readonly url?: string;
  readonly vpcId?: string;
  readonly dstRegion?: string;
}

/** Elements that have no effect here. */
export interface InertSettings {
  readonly mirrorUrlProbe?: string;
  readonly mirrorSni?: boolean;
  readonly mirrorPassOriginalSlashes?: boolean;
  readonly mirrorUserLastModified?: boolean;
  readonly mirrorAllowGetImageInfo?: boolean;
  readonly mirrorAllowVideoSnapshot?: boolean;
  readonly mirrorAsyncStatus?: number;
  readonly mirrorIsExpressTunnel?: boolean;
  readonly mirrorTunnelId?: string;
  readonly mirrorDstRegion?: string;
  readonly mirrorDstVpcId?: string;
  readonly mirrorDstSlaveVpcId?: string;
  readonly mirrorUsingRole?: boolean;
  readonly mirrorRole?: string;
  readonly mirrorTaggings?: readonly NameValue[];
  readonly mirrorReturnHeaders?: readonly NameValue[];
  readonly mirrorAuth?: MirrorAuth;
}

/** Who to be at the origin. The secret is not kept, because nothing would use it. */
export interface MirrorAuth {
  readonly authType?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
}

/** Whether objects may come into the bucket from an origin. Such a bucket cannot have versioning, and the other way round. */
export function hasMirror(website: Website | undefined): boolean {
  return website?.routingRules.some(({ redirect }) => redirect?.redirectType === 'Mirror') ?? false;
}
