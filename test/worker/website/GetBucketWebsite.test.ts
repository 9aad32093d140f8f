import { beforeAll, describe, expect, it } from 'vitest';
import { newBucket, send } from '../support/wire.ts';
import {
  errorPage,
  external,
  getWebsite,
  index,
  mirror,
  newSite,
  on404,
  putWebsite,
  rule,
  rules,
  visit,
} from './support.ts';

let bucket: string;
beforeAll(async () => {
  bucket = await newBucket();
});

/** What comes back for a configuration, without the declaration. */
async function roundTrip(inner: string): Promise<string> {
  const put = await putWebsite(bucket, inner);
  expect([put.status, put.code]).toEqual([200, undefined]);
  const answer = await getWebsite(bucket);
  expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/xml']);
  return /<WebsiteConfiguration>(.*)<\/WebsiteConfiguration>$/s.exec(answer.text)![1]!;
}

const redirectOf = (text: string) => /<Redirect>(.*)<\/Redirect>/.exec(text)![1]!;

describe('GetBucketWebsite', () => {
  it('[GetBucketWebsite-1] [EdgeCommon-8] knows a bucket that is no website', async () => {
    const plain = await newBucket();
    const answer = await getWebsite(plain);
    expect([answer.status, answer.code, answer.one('BucketName')]).toEqual([404, 'NoSuchWebsiteConfiguration', plain]);
    expect(answer.one('Message')).toBe('The specified bucket does not have a website configuration.');
  });

  it('[GetBucketWebsite-2] [GetBucketWebsite-3] [EdgeCommon-7] gives back what was put, and the error page’s status', async () => {
    expect(await roundTrip(index())).toBe('<IndexDocument><Suffix>index.html</Suffix></IndexDocument>');
    expect(await roundTrip(index('<SupportSubDir>TRUE</SupportSubDir><Type>2</Type>'))).toBe(
      '<IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>2</Type></IndexDocument>',
    );
    expect(await roundTrip(errorPage())).toBe(
      '<ErrorDocument><Key>error.html</Key><HttpStatus>404</HttpStatus></ErrorDocument>',
    );
    expect(await roundTrip(errorPage(200))).toContain('<HttpStatus>200</HttpStatus>');
  });

  it('[GetBucketWebsite-2] [GetBucketWebsite-5] gives back conditions and redirects', async () => {
    const condition =
      '<KeyPrefixEquals>abc/</KeyPrefixEquals><KeySuffixEquals>.txt</KeySuffixEquals>' +
      '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>' +
      '<IncludeHeader><Key>host</Key><Equals>a.example</Equals></IncludeHeader>' +
      '<IncludeHeader><Key>x-any</Key></IncludeHeader>';
    const redirect =
      '<RedirectType>AliCDN</RedirectType><PassQueryString>false</PassQueryString><Protocol>http</Protocol>' +
      '<HostName>www.example.com</HostName><HttpRedirectCode>302</HttpRedirectCode>' +
      '<ReplaceKeyWith>prefix/${key}.suffix</ReplaceKeyWith>';
    const text = await roundTrip(rules(rule(1, condition, redirect)));
    expect(text).toBe(rules(rule(1, condition, redirect)));
  });

  it('[PutBucketWebsite-13] gives back the newer header conditions', async () => {
    const header =
      '<IncludeHeader><Key>a</Key><StartsWith>x</StartsWith><EndsWith>y</EndsWith></IncludeHeader>' +
      '<IncludeHeader><Key>b</Key><Equals>z</Equals></IncludeHeader>';
    expect(await roundTrip(rules(rule(1, header, external())))).toContain(header);
  });

  it('[PutBucketWebsite-14] tells the default type', async () => {
    expect(redirectOf(await roundTrip(rules(rule(1, '', '<HostName>a.example</HostName>'))))).toBe(
      '<RedirectType>External</RedirectType><HostName>a.example</HostName>',
    );
  });

  it('[GetBucketWebsite-3] tells a mirror’s defaults', async () => {
    const text = await roundTrip(rules(rule(1, on404, mirror('<MirrorHeaders><Pass>a</Pass></MirrorHeaders>'))));
    expect(redirectOf(text)).toBe(
      '<RedirectType>Mirror</RedirectType><PassQueryString>false</PassQueryString>' +
        '<MirrorURL>http://origin.example/</MirrorURL><MirrorPassQueryString>false</MirrorPassQueryString>' +
        '<MirrorFollowRedirect>true</MirrorFollowRedirect><MirrorCheckMd5>false</MirrorCheckMd5>' +
        '<MirrorHeaders><PassAll>false</PassAll><Pass>a</Pass></MirrorHeaders>' +
        '<MirrorPassOriginalSlashes>false</MirrorPassOriginalSlashes>',
    );
    expect(await roundTrip(rules(rule(1, on404, mirror())))).not.toContain('PassAll');
  });

  it('[GetBucketWebsite-3] shows one query setting of a mirror in the other, not the other way round', async () => {
    const one = await roundTrip(rules(rule(1, on404, mirror('<MirrorPassQueryString>true</MirrorPassQueryString>'))));
    expect(one).toContain('<PassQueryString>true</PassQueryString>');
    const other = await roundTrip(rules(rule(1, on404, mirror('<PassQueryString>true</PassQueryString>'))));
    expect(other).toContain('<MirrorPassQueryString>false</MirrorPassQueryString>');
    expect(other).toContain('<PassQueryString>true</PassQueryString>');
  });

  it('[GetBucketWebsite-2] gives back the newer mirror elements, but no secret', async () => {
    const elements = [
      '<TransparentMirrorResponseCodes>404,500</TransparentMirrorResponseCodes>',
      '<MirrorURLSlave>http://slave.example/</MirrorURLSlave>',
      '<MirrorURLProbe>http://probe.example/</MirrorURLProbe>',
      '<MirrorSNI>true</MirrorSNI>',
      '<MirrorPassOriginalSlashes>true</MirrorPassOriginalSlashes>',
      '<MirrorSwitchAllErrors>true</MirrorSwitchAllErrors>',
      '<MirrorUserLastModified>true</MirrorUserLastModified>',
      '<MirrorIsExpressTunnel>true</MirrorIsExpressTunnel>',
      '<MirrorTunnelId>t</MirrorTunnelId>',
      '<MirrorDstRegion>r</MirrorDstRegion>',
      '<MirrorDstVpcId>v</MirrorDstVpcId>',
      '<MirrorDstSlaveVpcId>s</MirrorDstSlaveVpcId>',
      '<MirrorUsingRole>false</MirrorUsingRole>',
      '<MirrorRole>role</MirrorRole>',
      '<MirrorProxyPass>false</MirrorProxyPass>',
      '<MirrorSaveOssMeta>true</MirrorSaveOssMeta>',
      '<MirrorAllowHeadObject>true</MirrorAllowHeadObject>',
      '<MirrorAllowGetImageInfo>true</MirrorAllowGetImageInfo>',
      '<MirrorAllowVideoSnapshot>false</MirrorAllowVideoSnapshot>',
      '<MirrorAsyncStatus>303</MirrorAsyncStatus>',
      '<MirrorTaggings><Taggings><Key>k</Key><Value>v</Value></Taggings></MirrorTaggings>',
      '<MirrorReturnHeaders><ReturnHeader><Key>k</Key><Value>v</Value></ReturnHeader></MirrorReturnHeaders>',
      '<MirrorMultiAlternates><MirrorMultiAlternate><MirrorMultiAlternateNumber>1</MirrorMultiAlternateNumber>' +
        '<MirrorMultiAlternateURL>http://alternate.example/</MirrorMultiAlternateURL>' +
        '<MirrorMultiAlternateVpcId>v</MirrorMultiAlternateVpcId>' +
        '<MirrorMultiAlternateDstRegion>r</MirrorMultiAlternateDstRegion></MirrorMultiAlternate></MirrorMultiAlternates>',
    ];
    const auth = (secret: string) =>
      `<MirrorAuth><AuthType>S3V4</AuthType><Region>r</Region><AccessKeyId>id</AccessKeyId>${secret}</MirrorAuth>`;
    const sent = elements.join('') + auth('<AccessKeySecret>hush</AccessKeySecret>');
    const text = await roundTrip(rules(rule(1, on404, mirror(sent))));
    for (const element of elements) expect(text).toContain(element);
    expect(text).toContain(auth(''));
    expect(text).not.toContain('hush');
  });

  it('[GetBucketWebsite-4] does not take the misprint of the reference for the element', async () => {
    const text = await roundTrip(rules(rule(1, '<HttpErrorReturnedEquals>404</HttpErrorReturnedEquals>', external())));
    expect(text).toContain('<Condition></Condition>');
  });

  it('[GetBucketWebsite-7] orders rules by their numbers', async () => {
    const text = await roundTrip(rules(rule(30, '', external()), rule(4, '', external()), rule(11, '', external())));
    expect([...text.matchAll(/<RuleNumber>(\d+)</g)].map(([, number]) => number)).toEqual(['4', '11', '30']);
  });

  it('[PutBucketWebsite-6] leaves out what was empty', async () => {
    const text = await roundTrip(
      `<IndexDocument><Suffix></Suffix></IndexDocument><ErrorDocument><Key></Key></ErrorDocument>${rules(rule(1, '', external()))}`,
    );
    expect(text).not.toMatch(/IndexDocument|ErrorDocument/);
  });
});

describe('DeleteBucketWebsite', () => {
  it('[DeleteBucketWebsite-1] [DeleteBucketWebsite-3] ends the website and keeps its objects', async () => {
    const name = await newSite(`${index()}${errorPage()}${rules(rule(1, '', external()))}`, {
      'index.html': 'home',
      'error.html': 'oh',
    });
    const answer = await send('DELETE', `/${name}?website`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await getWebsite(name)).code).toBe('NoSuchWebsiteConfiguration');
    expect((await visit(name, '/')).status).toBe(403);
    expect((await visit(name, '/nothing')).code).toBe('NoSuchKey');
    expect((await send('GET', `/${name}/index.html`)).text).toBe('home');
    expect((await send('GET', `/${name}/error.html`)).text).toBe('oh');
  });

  it('[DeleteBucketWebsite-2] is content without one', async () => {
    const name = await newBucket();
    for (let i = 0; i < 2; i++) expect((await send('DELETE', `/${name}?website`)).status).toBe(204);
  });
});
