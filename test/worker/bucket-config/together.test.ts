import { expect, it } from 'vitest';
import { cors, plainRule, put } from '../support/config.ts';
import { newBucket, send } from '../support/wire.ts';

const documents: Record<string, [document: string, shown: string]> = {
  cors: [cors(plainRule), '<AllowedOrigin>*</AllowedOrigin>'],
  encryption: [
    '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>',
    '<SSEAlgorithm>AES256</SSEAlgorithm>',
  ],
  policy: [
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["1"],"Resource":["*"]}]}',
    '"Principal":["1"]',
  ],
  referer: [
    '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer></RefererConfiguration>',
    '<AllowEmptyReferer>false</AllowEmptyReferer>',
  ],
  requestPayment: [
    '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
    '<Payer>Requester</Payer>',
  ],
  tagging: ['<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>', '<Key>a</Key>'],
  transferAcceleration: [
    '<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>',
    '<Enabled>true</Enabled>',
  ],
  versioning: [
    '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    '<Status>Enabled</Status>',
  ],
  website: ['<WebsiteConfiguration><ErrorDocument><Key>e</Key></ErrorDocument></WebsiteConfiguration>', '<Key>e</Key>'],
};

it('[EdgeCommon-16] takes all documents of a bucket at once, as tools send them, and loses none', async () => {
  const bucket = await newBucket();
  const domains = Array.from({ length: 6 }, (_, i) => `d${i}.${bucket}.example.test`);
  const body = (domain: string) =>
    `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`;
  const answers = await Promise.all([
    ...Object.entries(documents).map(([name, [document]]) => put(bucket, name, document)),
    send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'public-read' } }),
    ...domains.map((domain) => send('POST', `/${bucket}?cname&comp=add`, { body: body(domain) })),
  ]);
  expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(answers.map(() => '200 undefined'));
  for (const [name, [, shown]] of Object.entries(documents)) {
    expect((await send('GET', `/${bucket}?${name}`)).text).toContain(shown);
  }
  expect((await send('GET', `/${bucket}?acl`)).one('Grant')).toBe('public-read');
  expect((await send('GET', `/${bucket}?cname`)).all('Domain').sort()).toEqual(domains);
});
