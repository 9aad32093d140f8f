import {
  atMostOneOf,
  document,
  exactlyOneOf,
  type Infer,
  list,
  named,
  optional,
  record,
  wrapped,
} from '../../../../src/oss/xml/schema.ts';
import { boolean, choice, date, integer, text } from '../../../../src/oss/xml/values.ts';

/**
 * Documents of the dialect as their operations would describe them. They are here to show what the schema language can
 * say; the operations own the real ones.
 */

const word = text({ min: 1 });
const invalid = { code: 'InvalidArgument' } as const;

export const versioning = document('VersioningConfiguration', record({ status: choice(['Enabled', 'Suspended']) }));

export const createBucket = document(
  'CreateBucketConfiguration',
  record({
    locationConstraint: optional(text()),
    storageClass: optional(choice(['Standard', 'IA', 'Archive', 'ColdArchive'], invalid), 'Standard'),
    dataRedundancyType: optional(choice(['LRS', 'ZRS'], invalid)),
  }),
);

export const deleteObjects = document(
  'Delete',
  record({
    quiet: optional(boolean({ anyCase: true }), false),
    objects: list('Object', record({ key: text({ min: 1, keepBlanks: true }), versionId: optional(word) }), {
      min: 1,
      max: 1000,
    }),
  }),
);

export const completeUpload = document(
  'CompleteMultipartUpload',
  record({
    parts: list('Part', record({ partNumber: integer(1, 10_000, invalid), etag: named('ETag', word) }), {
      max: 10_000,
    }),
  }),
);

const tag = record({ key: text({ min: 1, max: 128 }), value: optional(text({ max: 256, code: 'InvalidTag' }), '') });

export const tagging = document(
  'Tagging',
  record({ tags: named('TagSet', wrapped(list('Tag', tag, { max: 10, code: 'InvalidTag' }))) }),
);

export const referer = document(
  'RefererConfiguration',
  record({
    allowEmptyReferer: boolean(),
    allowTruncateQueryString: optional(boolean(), true),
    truncatePath: optional(boolean()),
    allowed: named('RefererList', optional(wrapped(list('Referer', text())), [])),
    refused: named('RefererBlacklist', optional(wrapped(list('Referer', text())))),
  }),
);

/** What may become part of a response header: visible ASCII only ([Sec-28]), and none of XML's own characters. */
const headerSafe = (value: string): boolean => /^[ !#-%(-;=?-~]+$/.test(value);
const stars = (value: string): number => value.split('*').length - 1;

export const cors = document(
  'CORSConfiguration',
  record({
    rules: list(
      'CORSRule',
      record({
        allowedOrigins: list('AllowedOrigin', text({ ...invalid, check: (v) => headerSafe(v) && stars(v) <= 1 }), {
          min: 1,
        }),
        allowedMethods: list('AllowedMethod', choice(['GET', 'PUT', 'DELETE', 'POST', 'HEAD'], invalid), { min: 1 }),
        allowedHeaders: list('AllowedHeader', text({ ...invalid, check: (v) => headerSafe(v) && stars(v) <= 1 })),
        exposeHeaders: list('ExposeHeader', text({ ...invalid, check: (v) => headerSafe(v) && stars(v) === 0 })),
        maxAgeSeconds: optional(integer(0, 999_999_999, invalid)),
      }),
      { min: 1, max: 10, code: 'InvalidArgument' },
    ),
    responseVary: optional(boolean(), false),
  }),
);

const condition = record({
  keyPrefixEquals: optional(text()),
  keySuffixEquals: optional(text()),
  httpErrorCodeReturnedEquals: optional(integer(400, 599, invalid)),
  includeHeaders: list('IncludeHeader', record({ key: word, equals: optional(text()) }), { max: 10 }),
});

const headerName = text({ ...invalid, max: 1024, check: (v) => /^[A-Za-z0-9-]+$/.test(v) });

const mirrorHeaders = record({
  passAll: optional(boolean(), false),
  pass: list('Pass', headerName, { max: 10 }),
  remove: list('Remove', headerName, { max: 10 }),
  set: list('Set', record({ key: headerName, value: text({ ...invalid, check: headerSafe }) }), { max: 10 }),
});

const redirect = record(
  {
    redirectType: optional(choice(['Mirror', 'External', 'AliCDN', 'Internal']), 'External'),
    passQueryString: optional(boolean()),
    mirrorUrl: named('MirrorURL', optional(text({ ...invalid, check: (v) => /^https?:\/\/.+\/$/.test(v) }))),
    mirrorFollowRedirect: optional(boolean(), true),
    mirrorHeaders: optional(mirrorHeaders),
    protocol: optional(choice(['http', 'https'], invalid)),
    hostName: optional(text()),
    httpRedirectCode: optional(choice([301, 302, 303, 307], invalid)),
    replaceKeyWith: optional(text()),
    replaceKeyPrefixWith: optional(text()),
    enableReplacePrefix: optional(boolean()),
  },
  { check: atMostOneOf('replaceKeyWith', 'replaceKeyPrefixWith') },
);

export const website = document(
  'WebsiteConfiguration',
  record(
    {
      indexDocument: optional(
        record({
          suffix: text(),
          supportSubDir: optional(boolean(), false),
          type: optional(choice([0, 1, 2]), 0),
        }),
      ),
      errorDocument: optional(
        record({ key: word, httpStatus: optional(choice([200, 404], { code: 'InvalidArgument' }), 404) }),
      ),
      routingRules: optional(
        wrapped(
          list('RoutingRule', record({ ruleNumber: integer(1, 1_000_000, invalid), condition, redirect }), {
            min: 1,
            max: 20,
          }),
        ),
      ),
    },
    { check: (site) => Object.keys(site).length > 0 },
  ),
);

const midnight = date({ ...invalid, check: (ms) => ms % 86_400_000 === 0 });
const days = integer(1, 2 ** 31 - 1, invalid);
const storageClass = choice(['IA', 'Archive', 'ColdArchive'], invalid);
const oneMoment = { check: exactlyOneOf('days', 'createdBeforeDate') };
const pair = record({ key: word, value: text() });

export const lifecycle = document(
  'LifecycleConfiguration',
  record({
    rules: list(
      'Rule',
      record({
        id: named('ID', optional(text({ max: 255, code: 'InvalidArgument' }))),
        prefix: optional(text()),
        tags: list('Tag', pair),
        filter: optional(record({ not: list('Not', record({ prefix: word, tag: optional(pair) }), { max: 1 }) })),
        status: choice(['Enabled', 'Disabled']),
        expiration: optional(
          record(
            {
              days: optional(days),
              date: optional(midnight),
              createdBeforeDate: optional(midnight),
              expiredObjectDeleteMarker: optional(boolean()),
            },
            {
              check: (e) =>
                e.expiredObjectDeleteMarker === true
                  ? atMostOneOf('days', 'createdBeforeDate', 'date', 'expiredObjectDeleteMarker')(e)
                  : exactlyOneOf('days', 'createdBeforeDate', 'date')(e),
            },
          ),
        ),
        transitions: list(
          'Transition',
          record({ days: optional(days), createdBeforeDate: optional(midnight), storageClass }, oneMoment),
        ),
        abortMultipartUpload: optional(
          record({ days: optional(days), createdBeforeDate: optional(midnight) }, oneMoment),
        ),
        noncurrentVersionExpiration: optional(record({ noncurrentDays: days })),
        noncurrentVersionTransitions: list(
          'NoncurrentVersionTransition',
          record({ noncurrentDays: days, storageClass }),
        ),
      }),
      { min: 1, max: 1000, code: 'InvalidArgument' },
    ),
  }),
);

export type Cors = Infer<typeof cors>;
export type Website = Infer<typeof website>;
