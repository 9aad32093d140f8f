import { isBoolean, isNumber, isText, listOf, maybe, oneOf, recordOf, type Shape } from '../lib/shape.ts';
import type { BucketConfig, Documents } from './config.ts';
import { reportUnreadable } from './unreadable.ts';

/** How a document must look for the gateway to act on it, and what holds where it looks otherwise. */
interface Legibility<T> {
  readonly shape: Shape;
  /** Nobody gets more by it than by any document that can be read. Absent: as if there were none. */
  readonly instead?: T;
}

const texts = listOf(isText);
const nameValues = listOf(recordOf({ key: isText, value: isText }));

const redirect = recordOf({
  redirectType: oneOf('Mirror', 'External', 'AliCDN', 'Internal'),
  mirrorUrl: maybe(isText),
  mirrorUrlSlave: maybe(isText),
  mirrorMultiAlternates: maybe(listOf(recordOf({ url: maybe(isText) }))),
  transparentMirrorResponseCodes: maybe(isText),
  mirrorHeaders: maybe(recordOf({ pass: texts, remove: texts, set: nameValues })),
  hostName: maybe(isText),
  replaceKeyWith: maybe(isText),
  replaceKeyPrefixWith: maybe(isText),
});

const routingRule = recordOf({
  ruleNumber: isNumber,
  condition: recordOf({
    keyPrefixEquals: maybe(isText),
    keySuffixEquals: maybe(isText),
    includeHeaders: listOf(recordOf({ key: isText })),
  }),
  redirect: maybe(redirect),
});

const documents: { readonly [Name in keyof Required<Documents>]: Legibility<Documents[Name]> } = {
  // Whether it is a policy is for its parser to say; what is none keeps out everybody but the owner.
  policy: { shape: isText, instead: '' },
  encryption: {
    shape: recordOf({ algorithm: isText, keyId: maybe(isText), dataAlgorithm: maybe(isText) }),
    // Nothing is stored in the clear that may have to be encrypted: there is no such key.
    instead: { algorithm: 'KMS', keyId: '(unreadable)' },
  },
  cors: {
    shape: recordOf({
      rules: listOf(
        recordOf({
          allowedOrigins: texts,
          allowedMethods: texts,
          allowedHeaders: texts,
          exposeHeaders: texts,
          maxAgeSeconds: maybe(isNumber),
        }),
      ),
      responseVary: isBoolean,
    }),
  },
  referer: {
    shape: recordOf({
      allowEmptyReferer: isBoolean,
      allowTruncateQueryString: isBoolean,
      truncatePath: isBoolean,
      whitelist: texts,
      blacklist: texts,
    }),
    // No page may refer here.
    instead: {
      allowEmptyReferer: false,
      allowTruncateQueryString: true,
      truncatePath: false,
      whitelist: ['*'],
      blacklist: ['*'],
    },
  },
  payer: { shape: oneOf('BucketOwner', 'Requester'), instead: 'Requester' },
  tags: { shape: nameValues },
  accelerated: { shape: isBoolean },
  cnames: { shape: listOf(recordOf({ domain: isText, bound: isNumber })) },
  website: {
    shape: recordOf({
      indexDocument: maybe(recordOf({ suffix: isText })),
      errorDocument: maybe(recordOf({ key: isText, httpStatus: oneOf(200, 404) })),
      routingRules: listOf(routingRule),
    }),
  },
  // A figure that cannot be read protects (index/retention.ts), so that it only has to be there.
  worm: {
    shape: recordOf({ id: isText, days: isNumber, created: isNumber }),
    instead: { id: '(unreadable)', days: 0, created: 0, period: Number.MAX_SAFE_INTEGER, lapses: null },
  },
};

/**
 * A configuration that the gateway can act on: each document that is not what this version writes is replaced by what
 * grants the least, and none makes a request fail. What is stored stays as it is.
 */
export function legible(config: BucketConfig): BucketConfig {
  const illegible = Object.entries(documents).filter(
    ([name, { shape }]) => name in config.documents && !shape(config.documents[name as keyof Documents]),
  );
  if (illegible.length === 0) return config;
  const names = illegible.map(([name]) => name);
  reportUnreadable(config, names);
  const replaced: Record<string, unknown> = { ...config.documents };
  for (const [name, { instead }] of illegible) {
    if (instead === undefined) delete replaced[name];
    else replaced[name] = instead;
  }
  return { ...config, documents: replaced };
}

const base = recordOf({
  version: isNumber,
  id: isText,
  name: isText,
  owner: isText,
  shards: isNumber,
  epoch: isNumber,
  acl: isText,
  documents: recordOf({}),
});

/** Whether a copy of a configuration can be used at all. */
export function isConfiguration(value: unknown): value is BucketConfig {
  return base(value);
}
