import type { XmlDocument } from '../../../../src/oss/xml/schema.ts';
import * as examples from './examples.ts';

/** One valid document of each kind, with the element orders and blanks that the reference's samples have. */
export const samples: readonly { name: string; form: XmlDocument<unknown>; source: string }[] = [
  {
    name: 'versioning',
    form: examples.versioning,
    source: `<?xml version="1.0" encoding="UTF-8"?>
<VersioningConfiguration>
  <Status>Enabled</Status>
</VersioningConfiguration>`,
  },
  {
    name: 'createBucket',
    form: examples.createBucket,
    source: `<?xml version="1.0" encoding="UTF-8"?>
<CreateBucketConfiguration xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
    <StorageClass>IA</StorageClass>
    <DataRedundancyType>ZRS</DataRedundancyType>
</CreateBucketConfiguration>`,
  },
  {
    name: 'deleteObjects',
    form: examples.deleteObjects,
    source:
      '<?xml version="1.0" encoding="UTF-8"?>\n<Delete><Quiet>False</Quiet><Object><Key> a &amp; b&#13; </Key>' +
      '</Object><Object><VersionId>CAEQ</VersionId><Key><![CDATA[<&amp;>]]></Key></Object></Delete>',
  },
  {
    name: 'completeUpload',
    form: examples.completeUpload,
    source: `<CompleteMultipartUpload>
  <Part><PartNumber>1</PartNumber><ETag>"3349DC700140D7F86A0784842780****"</ETag></Part>
  <Part><PartNumber>5</PartNumber><ETag>&quot;8EFDA8BE206636A695359836FE0A****&quot;</ETag></Part>
</CompleteMultipartUpload>`,
  },
  {
    name: 'tagging',
    form: examples.tagging,
    source: '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key></Tag></TagSet></Tagging>',
  },
  {
    name: 'referer',
    form: examples.referer,
    source: `<RefererConfiguration>
  <AllowEmptyReferer>false</AllowEmptyReferer>
  <RefererList>
    <Referer> http://www.aliyun.com</Referer>
    <Referer>https://www.?.aliyuncs.com</Referer>
  </RefererList>
</RefererConfiguration>`,
  },
  {
    name: 'cors',
    form: examples.cors,
    source: `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
    <CORSRule>
      <AllowedOrigin>*</AllowedOrigin>
      <AllowedMethod>PUT</AllowedMethod>
      <AllowedMethod>GET</AllowedMethod>
      <AllowedHeader> Authorization</AllowedHeader>
    </CORSRule>
    <CORSRule>
      <AllowedOrigin>https://*.example.com</AllowedOrigin>
      <AllowedMethod>GET</AllowedMethod>
      <ExposeHeader>x-oss-test</ExposeHeader>
      <AllowedOrigin>http://example.net</AllowedOrigin>
      <MaxAgeSeconds>100</MaxAgeSeconds>
    </CORSRule>
    <ResponseVary>true</ResponseVary>
</CORSConfiguration >`,
  },
  {
    name: 'website',
    form: examples.website,
    source: `<WebsiteConfiguration>
  <IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>2</Type></IndexDocument>
  <ErrorDocument><Key>error.html</Key></ErrorDocument>
  <RoutingRules>
    <RoutingRule>
      <RuleNumber>1</RuleNumber>
      <Condition>
        <KeyPrefixEquals>abc/</KeyPrefixEquals>
        <HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>
        <IncludeHeader><Key>host</Key><Equals>test.oss-cn-beijing.aliyuncs.com</Equals></IncludeHeader>
      </Condition>
      <Redirect>
        <RedirectType>Mirror</RedirectType>
        <PassQueryString>true</PassQueryString>
        <MirrorURL>http://example.com/</MirrorURL>
        <MirrorHeaders>
          <PassAll>true</PassAll>
          <Pass>myheader-key1</Pass>
          <Pass>myheader-key2</Pass>
          <Remove>myheader-key3</Remove>
          <Set><Key>myheader-key5</Key><Value>myheader-value5</Value></Set>
        </MirrorHeaders>
      </Redirect>
    </RoutingRule>
    <RoutingRule>
      <Condition/>
      <Redirect>
        <HttpRedirectCode>302</HttpRedirectCode>
        <ReplaceKeyWith>prefix/\${key}.suffix</ReplaceKeyWith>
      </Redirect>
      <RuleNumber>2</RuleNumber>
    </RoutingRule>
  </RoutingRules>
</WebsiteConfiguration>`,
  },
  {
    name: 'lifecycle',
    form: examples.lifecycle,
    source: `<LifecycleConfiguration>
  <Rule>
    <ID>r1</ID>
    <Prefix>log/</Prefix>
    <Tag><Key>k</Key><Value>v</Value></Tag>
    <Status>Enabled</Status>
    <Filter><Not><Prefix>log/keep</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></Not></Filter>
    <Transition><Days>30</Days><StorageClass>IA</StorageClass></Transition>
    <Transition><Days>60</Days><StorageClass>Archive</StorageClass></Transition>
    <Expiration><Days>3600</Days></Expiration>
    <AbortMultipartUpload><CreatedBeforeDate>2019-01-01T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>
  </Rule>
  <Rule>
    <Prefix/>
    <Status>Disabled</Status>
    <Filter/>
    <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>
    <NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration>
    <NoncurrentVersionTransition><NoncurrentDays>2</NoncurrentDays><StorageClass>IA</StorageClass></NoncurrentVersionTransition>
  </Rule>
</LifecycleConfiguration>`,
  },
];
