import { beforeAll, describe, expect, it } from 'vitest';
import { newBucket, send } from '../support/wire.ts';
import {
  errorPage,
  external,
  getWebsite,
  index,
  md5,
  mirror,
  on404,
  putWebsite,
  rule,
  rules,
  site,
} from './support.ts';

let bucket: string;
beforeAll(async () => {
  bucket = await newBucket();
});

const redirect = (inner: string) => rules(rule(1, on404, inner));
const times = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join('');
const includeHeader = (inner: string) => `<IncludeHeader>${inner}</IncludeHeader>`;

describe('PutBucketWebsite', () => {
  it.each([
    ['index alone', index()],
    ['error page alone', errorPage()],
    ['rules alone', redirect(external())],
    ['[PutBucketWebsite-4] booleans of any case', index('<SupportSubDir>True</SupportSubDir>')],
    ['[PutBucketWebsite-5] a type without sub-directories', index('<Type>2</Type>')],
    ['[PutBucketWebsite-26] pages that do not exist', '<IndexDocument><Suffix>页+面</Suffix></IndexDocument>'],
    [
      '[PutBucketWebsite-3] an empty suffix beside a rule',
      `<IndexDocument><Suffix/></IndexDocument>${redirect(external())}`,
    ],
    [
      '[PutBucketWebsite-6] an empty error key beside a rule',
      `<ErrorDocument><Key></Key></ErrorDocument>${redirect(external())}`,
    ],
    ['[PutBucketWebsite-8] 20 rules', rules(times(20, (i) => rule(i + 1, on404, external())))],
    ['[PutBucketWebsite-10] an empty condition', rules(rule(1, '', external()))],
    [
      '[PutBucketWebsite-12] 10 headers',
      rules(
        rule(
          1,
          times(10, (i) => includeHeader(`<Key>h${i}</Key>`)),
          external(),
        ),
      ),
    ],
    [
      '[PutBucketWebsite-13] a header that must only be there',
      rules(rule(1, includeHeader('<Key>h</Key>'), external())),
    ],
    ['[PutBucketWebsite-14] no type', redirect('<HostName>example.com</HostName>')],
    [
      '[PutBucketWebsite-14] Internal',
      redirect('<RedirectType>Internal</RedirectType><ReplaceKeyWith>a</ReplaceKeyWith>'),
    ],
    [
      '[PutBucketWebsite-16] codes',
      redirect(mirror('<TransparentMirrorResponseCodes>400, 404</TransparentMirrorResponseCodes>')),
    ],
    ['[PutBucketWebsite-21] 303', redirect(external('<HttpRedirectCode>303</HttpRedirectCode>'))],
    [
      '[PutBucketWebsite-24] a mirror with what only a redirect uses',
      redirect(
        mirror('<HostName>not a name</HostName><HttpRedirectCode>301</HttpRedirectCode><Protocol>http</Protocol>'),
      ),
    ],
    [
      '[PutBucketWebsite-24] a redirect with what only a mirror uses',
      redirect(external('<MirrorURL>nothing</MirrorURL>')),
    ],
    [
      'a script',
      `<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/><LuaConfig><Script>a.lua</Script></LuaConfig></RoutingRule></RoutingRules>`,
    ],
    ['[EdgeCommon-6] elements it does not know', `${index('<New>1</New>')}<Other/>`],
    ['[EdgeCommon-6] elements it does not know among the rules', `${index()}<RoutingRules><New/></RoutingRules>`],
    [
      '[EdgeCommon-6] any order',
      `<RoutingRules><RoutingRule><Redirect>${external()}</Redirect><Condition/><RuleNumber>3</RuleNumber></RoutingRule></RoutingRules>${index()}`,
    ],
    ['[EdgeCommon-4] blanks where XML allows them', '<IndexDocument ><Suffix >index.html</Suffix ></IndexDocument >'],
    ['[EdgeCommon-5] blanks around values', '<IndexDocument><Suffix> index.html </Suffix></IndexDocument>'],
  ])('accepts %s', async (_, inner) => {
    const answer = await putWebsite(bucket, inner);
    expect([answer.status, answer.text]).toEqual([200, '']);
    // [EdgeCommon-9] [EdgeCommon-14]
    expect([answer.header('content-length'), answer.header('content-type')]).toEqual(['0', null]);
    expect([answer.header('server'), answer.header('x-oss-console-auth')]).toEqual(['AliyunOSS', null]);
  });

  it.each([
    ['[PutBucketWebsite-1] nothing', '', 'MalformedXML'],
    [
      '[PutBucketWebsite-1] nothing but empty names',
      '<IndexDocument><Suffix/></IndexDocument><ErrorDocument><Key/></ErrorDocument>',
      'MalformedXML',
    ],
    ['[PutBucketWebsite-1] no rule', '<RoutingRules/>', 'MalformedXML'],
    ['[PutBucketWebsite-3] an index without a suffix', '<IndexDocument><Type>1</Type></IndexDocument>', 'MalformedXML'],
    [
      '[PutBucketWebsite-3] a slash in the suffix',
      '<IndexDocument><Suffix>a/b</Suffix></IndexDocument>',
      'InvalidArgument',
      'Suffix',
    ],
    [
      '[PutBucketWebsite-4] another boolean',
      index('<SupportSubDir>yes</SupportSubDir>'),
      'InvalidArgument',
      'SupportSubDir',
    ],
    ['[PutBucketWebsite-5] another type', index('<Type>3</Type>'), 'InvalidArgument', 'Type'],
    [
      '[PutBucketWebsite-6] an error page without a key',
      '<ErrorDocument><HttpStatus>404</HttpStatus></ErrorDocument>',
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-6] an impossible error key',
      '<ErrorDocument><Key>/a</Key></ErrorDocument>',
      'InvalidArgument',
      'Key',
    ],
    [
      '[PutBucketWebsite-7] another status',
      '<ErrorDocument><Key>e</Key><HttpStatus>403</HttpStatus></ErrorDocument>',
      'InvalidArgument',
      'HttpStatus',
    ],
    [
      '[PutBucketWebsite-7] no number',
      '<ErrorDocument><Key>e</Key><HttpStatus>x</HttpStatus></ErrorDocument>',
      'InvalidArgument',
      'HttpStatus',
    ],
    [
      '[PutBucketWebsite-8] 21 rules',
      rules(times(21, (i) => rule(i + 1, on404, external()))),
      'InvalidArgument',
      'RoutingRule',
    ],
    [
      '[PutBucketWebsite-9] no number',
      `<RoutingRules><RoutingRule><Condition/><Redirect>${external()}</Redirect></RoutingRule></RoutingRules>`,
      'MalformedXML',
    ],
    ['[PutBucketWebsite-9] number 0', rules(rule(0, '', external())), 'InvalidArgument', 'RuleNumber'],
    ['[PutBucketWebsite-9] number -1', rules(rule(-1, '', external())), 'InvalidArgument', 'RuleNumber'],
    ['[PutBucketWebsite-9] number 1.5', rules(rule('1.5', '', external())), 'InvalidArgument', 'RuleNumber'],
    [
      '[PutBucketWebsite-9] one number twice',
      rules(rule(2, '', external()), rule(1, '', external()), rule(2, '', external())),
      'InvalidArgument',
      'RuleNumber',
    ],
    [
      '[PutBucketWebsite-10] no condition',
      `<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Redirect>${external()}</Redirect></RoutingRule></RoutingRules>`,
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-10] no redirect',
      '<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/></RoutingRule></RoutingRules>',
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-11] a mirror on 403',
      rules(rule(1, '<HttpErrorCodeReturnedEquals>403</HttpErrorCodeReturnedEquals>', mirror())),
      'InvalidArgument',
      'HttpErrorCodeReturnedEquals',
    ],
    [
      '[PutBucketWebsite-11] a mirror on everything',
      rules(rule(1, '', mirror())),
      'InvalidArgument',
      'HttpErrorCodeReturnedEquals',
    ],
    [
      '[PutBucketWebsite-12] 11 headers',
      rules(
        rule(
          1,
          times(11, (i) => includeHeader(`<Key>h${i}</Key>`)),
          external(),
        ),
      ),
      'InvalidArgument',
      'IncludeHeader',
    ],
    [
      '[PutBucketWebsite-13] a header without a name',
      rules(rule(1, includeHeader('<Equals>x</Equals>'), external())),
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-14] another redirect type',
      redirect('<RedirectType>mirror</RedirectType>'),
      'InvalidArgument',
      'RedirectType',
    ],
    [
      '[PutBucketWebsite-15] a mirror without an origin',
      redirect('<RedirectType>Mirror</RedirectType>'),
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-15] an origin without its slash',
      redirect(mirror('', 'http://origin.example')),
      'InvalidArgument',
      'MirrorURL',
    ],
    [
      '[PutBucketWebsite-15] an origin of another protocol',
      redirect(mirror('', 'ftp://origin.example/')),
      'InvalidArgument',
      'MirrorURL',
    ],
    [
      '[PutBucketWebsite-15] an origin without a host',
      redirect(mirror('', 'http:///')),
      'InvalidArgument',
      'MirrorURL',
    ],
    [
      '[PutBucketWebsite-15] an origin with a password',
      redirect(mirror('', 'http://u:p@origin.example/')),
      'InvalidArgument',
      'MirrorURL',
    ],
    [
      '[PutBucketWebsite-16] a class of codes',
      redirect(mirror('<TransparentMirrorResponseCodes>4xx</TransparentMirrorResponseCodes>')),
      'InvalidArgument',
      'TransparentMirrorResponseCodes',
    ],
    [
      '[PutBucketWebsite-16] a success among the codes',
      redirect(mirror('<TransparentMirrorResponseCodes>404,200</TransparentMirrorResponseCodes>')),
      'InvalidArgument',
      'TransparentMirrorResponseCodes',
    ],
    [
      '[PutBucketWebsite-17] 11 headers to pass',
      redirect(mirror(`<MirrorHeaders>${times(11, (i) => `<Pass>h${i}</Pass>`)}</MirrorHeaders>`)),
      'InvalidArgument',
      'Pass',
    ],
    [
      '[PutBucketWebsite-17] 11 headers to remove',
      redirect(mirror(`<MirrorHeaders>${times(11, (i) => `<Remove>h${i}</Remove>`)}</MirrorHeaders>`)),
      'InvalidArgument',
      'Remove',
    ],
    [
      '[PutBucketWebsite-17] 11 headers to set',
      redirect(
        mirror(`<MirrorHeaders>${times(11, (i) => `<Set><Key>h${i}</Key><Value>v</Value></Set>`)}</MirrorHeaders>`),
      ),
      'InvalidArgument',
      'Set',
    ],
    [
      '[PutBucketWebsite-17] a header name with a blank',
      redirect(mirror('<MirrorHeaders><Pass>a b</Pass></MirrorHeaders>')),
      'InvalidArgument',
      'Pass',
    ],
    [
      '[PutBucketWebsite-17] a header name that is too long',
      redirect(mirror(`<MirrorHeaders><Remove>${'a'.repeat(1025)}</Remove></MirrorHeaders>`)),
      'InvalidArgument',
      'Remove',
    ],
    [
      '[PutBucketWebsite-17] [Sec-41] a line break in a header value',
      redirect(mirror('<MirrorHeaders><Set><Key>a</Key><Value>x&#13;&#10;b: c</Value></Set></MirrorHeaders>')),
      'InvalidArgument',
      'Value',
    ],
    [
      '[PutBucketWebsite-17] a header value that is too long',
      redirect(mirror(`<MirrorHeaders><Set><Key>a</Key><Value>${'v'.repeat(1025)}</Value></Set></MirrorHeaders>`)),
      'InvalidArgument',
      'Value',
    ],
    [
      '[PutBucketWebsite-18] a header to set without a value',
      redirect(mirror('<MirrorHeaders><Set><Key>a</Key></Set></MirrorHeaders>')),
      'MalformedXML',
    ],
    [
      '[PutBucketWebsite-19] [Sec-41] another protocol',
      redirect(external('<Protocol>javascript</Protocol>')),
      'InvalidArgument',
      'Protocol',
    ],
    [
      '[PutBucketWebsite-20] a host with a port',
      redirect('<HostName>example.com:8080</HostName>'),
      'InvalidArgument',
      'HostName',
    ],
    [
      '[PutBucketWebsite-20] [Sec-41] a host with more than a name',
      redirect('<HostName>example.com/@evil</HostName>'),
      'InvalidArgument',
      'HostName',
    ],
    [
      '[PutBucketWebsite-20] a number for a host',
      redirect('<HostName>192.0.2.1</HostName>'),
      'InvalidArgument',
      'HostName',
    ],
    [
      '[PutBucketWebsite-21] another code',
      redirect(external('<HttpRedirectCode>308</HttpRedirectCode>')),
      'InvalidArgument',
      'HttpRedirectCode',
    ],
    [
      '[PutBucketWebsite-22] both replacements',
      redirect(external('<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>')),
      'InvalidArgument',
      'ReplaceKeyPrefixWith',
    ],
    [
      '[PutBucketWebsite-23] prefix and whole',
      redirect(external('<ReplaceKeyWith>a</ReplaceKeyWith><EnableReplacePrefix>true</EnableReplacePrefix>')),
      'InvalidArgument',
      'EnableReplacePrefix',
    ],
  ])('refuses %s', async (_, inner, code, argument?: string) => {
    const answer = await putWebsite(bucket, inner);
    expect([answer.status, answer.code, answer.one('ArgumentName')]).toEqual([400, code, argument]);
  });

  it('[EdgeCommon-17] refuses what is no such document, and keeps what it has', async () => {
    expect((await putWebsite(bucket, index())).status).toBe(200);
    const before = (await getWebsite(bucket)).text;
    for (const body of ['', 'x', '<a/>', '<WebsiteConfiguration>', '<CORSConfiguration/>']) {
      const answer = await send('PUT', `/${bucket}?website`, { body });
      expect([answer.status, answer.code]).toEqual([400, 'MalformedXML']);
    }
    expect((await getWebsite(bucket)).text).toBe(before);
  });

  it('[PutBucketWebsite-2] replaces the whole configuration', async () => {
    await putWebsite(bucket, `${index()}${errorPage()}${redirect(external())}`);
    await putWebsite(bucket, '<ErrorDocument><Key>other.html</Key></ErrorDocument>');
    const { text } = await getWebsite(bucket);
    expect(text).toContain('<Key>other.html</Key>');
    expect(text).not.toMatch(/IndexDocument|RoutingRule/);
  });

  it('[EdgeCommon-1] checks Content-MD5 before anything changes', async () => {
    const other = await newBucket();
    const body = site(index());
    const wrong = await send('PUT', `/${other}?website`, { body, headers: { 'content-md5': md5(`${body} `) } });
    expect([wrong.status, wrong.code]).toEqual([400, 'InvalidDigest']);
    expect((await getWebsite(other)).status).toBe(404);
    const right = await send('PUT', `/${other}?website`, { body, headers: { 'content-md5': md5(body) } });
    expect(right.status).toBe(200);
  });

  it('[EdgeCommon-12] is the owner’s alone', async () => {
    for (const as of ['other', 'user', 'anonymous'] as const) {
      for (const [method, body] of [
        ['PUT', site(index())],
        ['GET', undefined],
        ['DELETE', undefined],
      ] as const) {
        const answer = await send(method, `/${bucket}?website`, { as, ...(body === undefined ? {} : { body }) });
        expect([as, method, answer.status, answer.code]).toEqual([as, method, 403, 'AccessDenied']);
      }
    }
  });

  it('[EdgeCommon-15] is covered by a V1 signature', async () => {
    const answer = await send('GET', `/${bucket}?website`, { scheme: 'V1' });
    expect([200, 404]).toContain(answer.status);
    const added = await send('GET', `/${bucket}`, { scheme: 'V1', unsigned: { query: 'website' } });
    expect([added.status, added.code]).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('[PutBucketWebsite-25] [PutBucketVersioning-7] has no mirror in a bucket with versioning, and the other way round', async () => {
    const version = (name: string, status: string) =>
      send('PUT', `/${name}?versioning`, {
        body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
      });
    const versioned = await newBucket();
    for (const status of ['Enabled', 'Suspended']) {
      expect((await version(versioned, status)).status).toBe(200);
      const answer = await putWebsite(versioned, redirect(mirror()));
      expect([answer.status, answer.code, answer.one('ArgumentValue')]).toEqual([400, 'InvalidArgument', 'Mirror']);
      expect((await getWebsite(versioned)).code).toBe('NoSuchWebsiteConfiguration');
    }
    expect((await putWebsite(versioned, redirect(external()))).status).toBe(200);

    const mirrored = await newBucket();
    expect((await putWebsite(mirrored, redirect(mirror()))).status).toBe(200);
    const refused = await version(mirrored, 'Enabled');
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument']);
    await putWebsite(mirrored, redirect(external()));
    expect((await version(mirrored, 'Enabled')).status).toBe(200);
  });

  it('[EdgeCommon-11] needs a bucket', async () => {
    for (const [method, body] of [
      ['PUT', site(index())],
      ['GET', undefined],
      ['DELETE', undefined],
    ] as const) {
      const answer = await send(method, '/no-such-bucket-here?website', body === undefined ? {} : { body });
      expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucket']);
    }
  });

  it('[EdgeCommon-13] [Hns-2] is refused for a hierarchical bucket', async () => {
    const hierarchical = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    for (const [method, body] of [
      ['PUT', site(index())],
      ['GET', undefined],
      ['DELETE', undefined],
    ] as const) {
      const answer = await send(method, `/${hierarchical}?website`, body === undefined ? {} : { body });
      expect([method, answer.status, answer.code]).toEqual([method, 400, 'OperationNotSupported']);
    }
  });
});
