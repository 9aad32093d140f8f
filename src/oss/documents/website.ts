import { byteLength } from '../../lib/order.ts';
import type { Redirect, RoutingRule, Website } from '../../website/config.ts';
import { invalidArgument } from '../answer/errors.ts';
import { KEY_BYTES_MAX } from '../request/address.ts';
import { malformed } from '../xml/refusals.ts';
import { document, type Field, list, named, optional, record, type Schema, schema, wrapped } from '../xml/schema.ts';
import { boolean, choice, integer, type TextOptions, text } from '../xml/values.ts';
import type { XmlWriter } from '../xml/write.ts';

/** Most rules of a website ([PutBucketWebsite-8]), and most headers of each kind in a rule ([PutBucketWebsite-17]). */
const RULES_MAX = 20;
const HEADERS_MAX = 10;
const HEADER_BYTES_MAX = 1_024;
/** Bound of texts for which the reference names none. */
const TEXT_BYTES_MAX = 1_024;

/** Elements that no field names are skipped, as the service does (evidence-2, [EdgeCommon-17]). */
const tolerant = { tolerant: true } as const;
/** A value that is not allowed is told apart from a document that is no document ([EdgeCommon-17]). */
const invalid = { code: 'InvalidArgument' } as const;

const within = (bytes: number) => (value: string) => byteLength(value) <= bytes;
const free = (options: TextOptions = {}): Schema<string> =>
  text({ ...invalid, check: within(TEXT_BYTES_MAX), ...options });
/** Some clients write `True` (evidence-2, [PutBucketWebsite-4]). */
const flag = (): Field<boolean | undefined> => optional(boolean({ ...invalid, anyCase: true }));
const maybe = (): Field<string | undefined> => optional(free());

const objectName = text({
  ...invalid,
  check: (name) => byteLength(name) <= KEY_BYTES_MAX && !/^[/\\]/.test(name),
});
const keyPart = (): Field<string | undefined> => optional(free({ check: within(KEY_BYTES_MAX) }));

const headerName = text({
  ...invalid,
  check: (name) => /^[A-Za-z0-9-]+$/.test(name) && name.length <= HEADER_BYTES_MAX,
});
/** What becomes part of a request may not end its line, nor be anything but ASCII ([PutBucketWebsite-17], [Sec-28]). */
const headerValue = text({
  ...invalid,
  check: (value) => /^[\t -~]*$/.test(value) && value.length <= HEADER_BYTES_MAX,
});

const indexDocument = record(
  {
    suffix: text({ ...invalid, check: (name) => byteLength(name) <= KEY_BYTES_MAX && !/[/\\]/.test(name) }),
    supportSubDir: flag(),
    type: optional(choice([0, 1, 2], invalid)),
  },
  tolerant,
);

const errorDocument = record({ key: objectName, httpStatus: optional(choice([200, 404], invalid), 404) }, tolerant);

const condition = record(
  {
    keyPrefixEquals: keyPart(),
    keySuffixEquals: keyPart(),
    httpErrorCodeReturnedEquals: optional(integer(400, 599, invalid)),
    includeHeaders: list(
      'IncludeHeader',
      record({ key: headerName, equals: maybe(), startsWith: maybe(), endsWith: maybe() }, tolerant),
      { max: HEADERS_MAX, ...invalid },
    ),
  },
  tolerant,
);

const mirrorHeaders = record(
  {
    passAll: flag(),
    pass: list('Pass', headerName, { max: HEADERS_MAX, ...invalid }),
    remove: list('Remove', headerName, { max: HEADERS_MAX, ...invalid }),
    set: list('Set', record({ key: headerName, value: headerValue }, tolerant), { max: HEADERS_MAX, ...invalid }),
  },
  tolerant,
);

const alternate = record(
  {
    number: named('MirrorMultiAlternateNumber', optional(integer(0, Number.MAX_SAFE_INTEGER, invalid))),
    url: named('MirrorMultiAlternateURL', maybe()),
    vpcId: named('MirrorMultiAlternateVpcId', maybe()),
    dstRegion: named('MirrorMultiAlternateDstRegion', maybe()),
  },
  tolerant,
);

const nameValues = (wire: string) =>
  optional(wrapped(list(wire, record({ key: free({ min: 1 }), value: free() }, tolerant)), tolerant));

const redirectFields = {
  redirectType: optional(choice(['Mirror', 'External', 'AliCDN', 'Internal'], invalid), 'External'),
  passQueryString: flag(),
  mirrorUrl: named('MirrorURL', maybe()),
  mirrorUrlSlave: named('MirrorURLSlave', maybe()),
  mirrorUrlProbe: named('MirrorURLProbe', maybe()),
  transparentMirrorResponseCodes: optional(free({ check: isCodeList })),
  mirrorPassQueryString: flag(),
  mirrorFollowRedirect: flag(),
  mirrorCheckMd5: flag(),
  mirrorHeaders: optional(mirrorHeaders),
  mirrorPassOriginalSlashes: flag(),
  mirrorSwitchAllErrors: flag(),
  mirrorProxyPass: flag(),
  mirrorAllowHeadObject: flag(),
  mirrorSaveOssMeta: flag(),
  mirrorUserLastModified: flag(),
  mirrorAllowGetImageInfo: flag(),
  mirrorAllowVideoSnapshot: flag(),
  mirrorAsyncStatus: optional(integer(100, 599, invalid)),
  mirrorSni: named('MirrorSNI', flag()),
  mirrorIsExpressTunnel: flag(),
  mirrorTunnelId: maybe(),
  mirrorDstRegion: maybe(),
  mirrorDstVpcId: maybe(),
  mirrorDstSlaveVpcId: maybe(),
  mirrorUsingRole: flag(),
  mirrorRole: maybe(),
  mirrorTaggings: nameValues('Taggings'),
  mirrorReturnHeaders: nameValues('ReturnHeader'),
  // The secret among them is skipped: what nothing uses is not kept, and never shown.
  mirrorAuth: optional(record({ authType: maybe(), region: maybe(), accessKeyId: maybe() }, tolerant)),
  mirrorMultiAlternates: optional(wrapped(list('MirrorMultiAlternate', alternate), tolerant)),
  protocol: optional(choice(['http', 'https'], invalid)),
  hostName: maybe(),
  httpRedirectCode: optional(choice([301, 302, 303, 307], invalid)),
  replaceKeyPrefixWith: keyPart(),
  enableReplacePrefix: flag(),
  replaceKeyWith: keyPart(),
};

const redirect: Schema<Redirect> = record(redirectFields, {
  tolerant: true,
  check: (value) => {
    const { replaceKeyWith = '', replaceKeyPrefixWith = '' } = value;
    if (replaceKeyWith !== '' && replaceKeyPrefixWith !== '') {
      throw invalidArgument('ReplaceKeyPrefixWith', replaceKeyPrefixWith);
    }
    if (replaceKeyWith !== '' && value.enableReplacePrefix === true) {
      throw invalidArgument('EnableReplacePrefix', 'true');
    }
    if (value.redirectType === 'Mirror') checkMirror(value);
    else if ((value.hostName ?? '') !== '' && !isDomainName(value.hostName!)) {
      throw invalidArgument('HostName', value.hostName!);
    }
    return true;
  },
});

const rule: Schema<RoutingRule> = record(
  {
    ruleNumber: integer(1, Number.MAX_SAFE_INTEGER, invalid),
    condition,
    redirect: optional(redirect),
    luaConfig: optional(record({ script: maybe() }, tolerant)),
  },
  {
    tolerant: true,
    check: ({ redirect, luaConfig, condition }) => {
      if (redirect === undefined) return luaConfig !== undefined;
      const status = condition.httpErrorCodeReturnedEquals;
      // A mirror answers for what is missing, never for what is there ([PutBucketWebsite-11]).
      if (redirect.redirectType === 'Mirror' && status !== 404) {
        throw invalidArgument('HttpErrorCodeReturnedEquals', status === undefined ? '' : String(status));
      }
      return true;
    },
  },
);

const website = record(
  {
    indexDocument: optional(indexDocument),
    errorDocument: optional(errorDocument),
    routingRules: optional(wrapped(list('RoutingRule', rule, { max: RULES_MAX, ...invalid }), tolerant)),
  },
  tolerant,
);

/** The body of PutBucketWebsite and the answer of GetBucketWebsite (reference 7.11). */
export const websiteConfiguration = document<Website>(
  'WebsiteConfiguration',
  schema((element) => {
    const { indexDocument, errorDocument, routingRules = [] } = website.parse(element);
    const parsed: Website = {
      // Clients that always write both elements leave empty what they do not want (evidence-2, [PutBucketWebsite-3]).
      ...(indexDocument === undefined || indexDocument.suffix === '' ? {} : { indexDocument }),
      ...(errorDocument === undefined || errorDocument.key === '' ? {} : { errorDocument }),
      routingRules: inOrder(routingRules),
    };
    if (Object.keys(parsed).length === 1 && parsed.routingRules.length === 0) throw malformed('nothing is configured');
    return parsed;
  }, render),
);

function render(out: XmlWriter, { routingRules, ...documents }: Website): void {
  website.render(out, routingRules.length === 0 ? documents : { ...documents, routingRules: routingRules.map(shown) });
}

/** @throws {OssError} InvalidArgument where two rules have one number */
function inOrder(rules: readonly RoutingRule[]): readonly RoutingRule[] {
  const sorted = rules.toSorted((a, b) => a.ruleNumber - b.ruleNumber);
  const twice = sorted.find(({ ruleNumber }, i) => ruleNumber === sorted[i + 1]?.ruleNumber);
  if (twice !== undefined) throw invalidArgument('RuleNumber', String(twice.ruleNumber));
  return sorted;
}

/** A rule as it is answered: a mirror's defaults are told (evidence-2, [GetBucketWebsite-3]). */
function shown(rule: RoutingRule): RoutingRule {
  const { redirect } = rule;
  if (redirect?.redirectType !== 'Mirror') return rule;
  const { mirrorPassQueryString = false, mirrorHeaders } = redirect;
  return {
    ...rule,
    redirect: {
      ...redirect,
      passQueryString: redirect.passQueryString ?? mirrorPassQueryString,
      mirrorPassQueryString,
      mirrorFollowRedirect: redirect.mirrorFollowRedirect ?? true,
      mirrorCheckMd5: redirect.mirrorCheckMd5 ?? false,
      mirrorPassOriginalSlashes: redirect.mirrorPassOriginalSlashes ?? false,
      ...(mirrorHeaders === undefined ? {} : { mirrorHeaders: { passAll: false, ...mirrorHeaders } }),
    },
  };
}

/** @throws {OssError} MalformedXML without an origin, InvalidArgument on one that is none ([PutBucketWebsite-15]) */
function checkMirror({ mirrorUrl, mirrorUrlSlave }: Pick<Redirect, 'mirrorUrl' | 'mirrorUrlSlave'>): void {
  if (mirrorUrl === undefined) throw malformed('MirrorURL is missing');
  if (!isOrigin(mirrorUrl)) throw invalidArgument('MirrorURL', mirrorUrl.slice(0, 256));
  if ((mirrorUrlSlave ?? '') !== '' && !isOrigin(mirrorUrlSlave!)) {
    throw invalidArgument('MirrorURLSlave', mirrorUrlSlave!.slice(0, 256));
  }
}

/** An absolute address of http or https that ends with a slash, with nothing behind its path and nobody's password. */
function isOrigin(address: string): boolean {
  if (!/^https?:\/\/[^\s?#\\]+\/$/i.test(address) || !URL.canParse(address)) return false;
  const { username, password, hostname } = new URL(address);
  return username === '' && password === '' && hostname !== '';
}

/** Labels of letters, digits, `-` and `_` between dots; not an address of numbers, and no port ([PutBucketWebsite-20]). */
function isDomainName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/i.test(name) &&
    !/(?:^|\.)\d+$/.test(name)
  );
}

/** Codes from 400 to 599 between commas ([PutBucketWebsite-16]). */
function isCodeList(codes: string): boolean {
  return (
    codes === '' || (codes.length <= TEXT_BYTES_MAX && codes.split(',').every((code) => /^\s*[45]\d\d\s*$/.test(code)))
  );
}
