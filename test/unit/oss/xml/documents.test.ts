import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, type Infer, type XmlDocument } from '../../../../src/oss/xml/schema.ts';
import type { Cors, Website } from './examples.ts';
import * as examples from './examples.ts';
import { bytes, refused } from './helpers.ts';
import { samples } from './samples.ts';

const maxBytes = 1 << 20;
const read = <T>(form: XmlDocument<T>, source: string): T => decode(form, bytes(source), { maxBytes });
const sample = <T>(form: XmlDocument<T>): T => read(form, samples.find((entry) => entry.form === form)!.source);

describe('example documents', () => {
  it('CORSConfiguration', () => {
    expect(sample(examples.cors)).toEqual({
      rules: [
        {
          allowedOrigins: ['*'],
          allowedMethods: ['PUT', 'GET'],
          allowedHeaders: ['Authorization'],
          exposeHeaders: [],
        },
        {
          allowedOrigins: ['https://*.example.com', 'http://example.net'],
          allowedMethods: ['GET'],
          allowedHeaders: [],
          exposeHeaders: ['x-oss-test'],
          maxAgeSeconds: 100,
        },
      ],
      responseVary: true,
    } satisfies Cors);
  });

  it('WebsiteConfiguration', () => {
    expect(sample(examples.website)).toEqual({
      indexDocument: { suffix: 'index.html', supportSubDir: true, type: 2 },
      errorDocument: { key: 'error.html', httpStatus: 404 },
      routingRules: [
        {
          ruleNumber: 1,
          condition: {
            keyPrefixEquals: 'abc/',
            httpErrorCodeReturnedEquals: 404,
            includeHeaders: [{ key: 'host', equals: 'test.oss-cn-beijing.aliyuncs.com' }],
          },
          redirect: {
            redirectType: 'Mirror',
            passQueryString: true,
            mirrorUrl: 'http://example.com/',
            mirrorFollowRedirect: true,
            mirrorHeaders: {
              passAll: true,
              pass: ['myheader-key1', 'myheader-key2'],
              remove: ['myheader-key3'],
              set: [{ key: 'myheader-key5', value: 'myheader-value5' }],
            },
          },
        },
        {
          ruleNumber: 2,
          condition: { includeHeaders: [] },
          redirect: {
            redirectType: 'External',
            mirrorFollowRedirect: true,
            httpRedirectCode: 302,
            replaceKeyWith: 'prefix/${key}.suffix',
          },
        },
      ],
    } satisfies Website);
  });

  it('LifecycleConfiguration', () => {
    expect(sample(examples.lifecycle).rules).toEqual([
      {
        id: 'r1',
        prefix: 'log/',
        tags: [{ key: 'k', value: 'v' }],
        filter: { not: [{ prefix: 'log/keep', tag: { key: 'a', value: 'b' } }] },
        status: 'Enabled',
        expiration: { days: 3600 },
        transitions: [
          { days: 30, storageClass: 'IA' },
          { days: 60, storageClass: 'Archive' },
        ],
        abortMultipartUpload: { createdBeforeDate: Date.UTC(2019, 0, 1) },
        noncurrentVersionTransitions: [],
      },
      {
        prefix: '',
        tags: [],
        filter: { not: [] },
        status: 'Disabled',
        expiration: { expiredObjectDeleteMarker: true },
        transitions: [],
        noncurrentVersionExpiration: { noncurrentDays: 5 },
        noncurrentVersionTransitions: [{ noncurrentDays: 2, storageClass: 'IA' }],
      },
    ]);
  });

  it('Delete, CompleteMultipartUpload, Tagging, RefererConfiguration and the small ones', () => {
    expect(sample(examples.deleteObjects)).toEqual({
      quiet: false,
      objects: [{ key: ' a & b\r ' }, { key: '<&amp;>', versionId: 'CAEQ' }],
    });
    expect(sample(examples.completeUpload)).toEqual({
      parts: [
        { partNumber: 1, etag: '"3349DC700140D7F86A0784842780****"' },
        { partNumber: 5, etag: '"8EFDA8BE206636A695359836FE0A****"' },
      ],
    });
    expect(sample(examples.tagging)).toEqual({
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '' },
      ],
    });
    expect(sample(examples.referer)).toEqual({
      allowEmptyReferer: false,
      allowTruncateQueryString: true,
      allowed: ['http://www.aliyun.com', 'https://www.?.aliyuncs.com'],
    });
    expect(sample(examples.versioning)).toEqual({ status: 'Enabled' });
    expect(sample(examples.createBucket)).toEqual({ storageClass: 'IA', dataRedundancyType: 'ZRS' });
  });

  const rule = (inner: string): string =>
    `<LifecycleConfiguration><Rule><Status>Enabled</Status>${inner}</Rule></LifecycleConfiguration>`;
  const corsRule = (inner: string): string =>
    `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>${inner}</CORSRule></CORSConfiguration>`;

  it.each<[XmlDocument<unknown>, string, string]>([
    [examples.versioning, '<VersioningConfiguration/>', 'MalformedXML'],
    [examples.versioning, '<VersioningConfiguration><Status>On</Status></VersioningConfiguration>', 'MalformedXML'],
    [examples.website, '<WebsiteConfiguration/>', 'MalformedXML'],
    [examples.tagging, `<Tagging><TagSet>${'<Tag><Key>a</Key></Tag>'.repeat(11)}</TagSet></Tagging>`, 'InvalidTag'],
    [examples.deleteObjects, '<Delete/>', 'MalformedXML'],
    [examples.deleteObjects, `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`, 'MalformedXML'],
    [examples.deleteObjects, '<Delete><Object><VersionId>1</VersionId></Object></Delete>', 'MalformedXML'],
    [examples.cors, '<CORSConfiguration/>', 'InvalidArgument'],
    [examples.cors, corsRule(''), 'MalformedXML'],
    [examples.cors, corsRule('<AllowedOrigin>*.*</AllowedOrigin>'), 'InvalidArgument'],
    [
      examples.cors,
      corsRule('<AllowedOrigin>*</AllowedOrigin><ExposeHeader>a&#13;b</ExposeHeader>'),
      'InvalidArgument',
    ],
    [examples.cors, corsRule('<AllowedOrigin>*</AllowedOrigin><ExposeHeader>中</ExposeHeader>'), 'InvalidArgument'],
    [examples.lifecycle, rule('<Expiration/>'), 'MalformedXML'],
    [examples.lifecycle, rule('<Expiration><Days>0</Days></Expiration>'), 'InvalidArgument'],
    [examples.lifecycle, rule('<Expiration><Date>2019-01-01T00:00:01.000Z</Date></Expiration>'), 'InvalidArgument'],
    [
      examples.lifecycle,
      rule('<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>'),
      'MalformedXML',
    ],
    [examples.lifecycle, rule('<NoncurrentVersionExpiration/>'), 'MalformedXML'],
    [examples.lifecycle, rule('<NoncurentVersionExpiration/>'), 'MalformedXML'],
  ])('%# refuses', (form, source, code) => {
    expect(refused(() => read(form, source)).code).toBe(code);
  });
});

describe('what is written is read back the same', () => {
  it.each(samples)('$name', ({ form, source }) => {
    const value = read(form, source);
    const written = encode(form, value);
    expect(read(form, written)).toEqual(value);
    expect(encode(form, read(form, written))).toBe(written);
    const namespaced = written.replace(/<([A-Z]\w*)>/, '<$1 xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">');
    expect(read(form, namespaced)).toEqual(value);
  });

  const same = <T>(form: XmlDocument<T>, values: fc.Arbitrary<T>): void => {
    fc.assert(
      fc.property(values, (value) => {
        expect(read(form, encode(form, value))).toEqual(value);
      }),
    );
  };
  const maybe = <const K extends string, T>(name: K, values: fc.Arbitrary<T>): fc.Arbitrary<{ [P in K]?: T }> =>
    fc.option(values, { nil: undefined }).map((value) => (value === undefined ? {} : { [name]: value }) as never);
  // What XML 1.0 has no character for is written plain, for clients that take it, and refused on input.
  const anyText = fc.string({ unit: 'binary' }).filter((text) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text));
  const trimmed = anyText.map((text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''));

  it('for any keys', () => {
    const object = fc
      .tuple(anyText.filter(Boolean), maybe('versionId', fc.stringMatching(/^[0-9A-Za-z_-]{1,64}$/)))
      .map(([key, rest]) => ({ key, ...rest }));
    same(examples.deleteObjects, fc.record({ quiet: fc.boolean(), objects: fc.array(object, { minLength: 1 }) }));
  });

  it('for any referer lists', () => {
    same(
      examples.referer,
      fc
        .tuple(
          fc.record({
            allowEmptyReferer: fc.boolean(),
            allowTruncateQueryString: fc.boolean(),
            allowed: fc.array(trimmed),
          }),
          maybe('truncatePath', fc.boolean()),
          maybe('refused', fc.array(trimmed)),
        )
        .map(([fixed, path, refused]) => ({ ...fixed, ...path, ...refused })),
    );
  });

  it('for any CORS rules', () => {
    const safe = fc.stringMatching(/^[a-zA-Z0-9:/.-]{1,20}$/);
    const rule = fc
      .tuple(
        fc.record({
          allowedOrigins: fc.array(fc.oneof(safe, fc.constant('*')), { minLength: 1, maxLength: 4 }),
          allowedMethods: fc.array(fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE'), { minLength: 1 }),
          allowedHeaders: fc.array(safe),
          exposeHeaders: fc.array(safe),
        }),
        maybe('maxAgeSeconds', fc.nat(999_999_999)),
      )
      .map(([lists, age]) => ({ ...lists, ...age }));
    same(
      examples.cors,
      fc.record({ rules: fc.array(rule, { minLength: 1, maxLength: 10 }), responseVary: fc.boolean() }),
    );
  });

  it('for any lifecycle transitions', () => {
    type Rule = Infer<typeof examples.lifecycle>['rules'][number];
    const storageClass = fc.constantFrom('IA', 'Archive', 'ColdArchive');
    const moment = fc.oneof(
      fc.integer({ min: 1, max: 36_500 }).map((days) => ({ days })),
      fc.integer({ min: 0, max: 40_000 }).map((day) => ({ createdBeforeDate: day * 86_400_000 })),
    );
    const transition = fc.tuple(moment, storageClass).map(([when, to]) => ({ ...when, storageClass: to }));
    const rule: fc.Arbitrary<Rule> = fc.record({
      tags: fc.array(fc.record({ key: trimmed.filter(Boolean), value: trimmed })),
      status: fc.constantFrom('Enabled', 'Disabled'),
      transitions: fc.array(transition),
      noncurrentVersionTransitions: fc.array(
        fc.record({ noncurrentDays: fc.integer({ min: 1, max: 999 }), storageClass }),
      ),
    });
    same(examples.lifecycle, fc.record({ rules: fc.array(rule, { minLength: 1 }) }));
  });
});
