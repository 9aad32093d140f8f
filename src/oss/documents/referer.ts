import type { RefererRules } from '../../access/referer.ts';
import { OssError } from '../answer/errors.ts';
import { document, list, named, optional, record, wrapped } from '../xml/schema.ts';
import { boolean, text } from '../xml/values.ts';

/** Most bytes of both lists together (protocol/oss.md 6). */
const LIST_BYTES_MAX = 20 * 1_024;

const entries = wrapped(list('Referer', text()), { tolerant: true });

/** As it is on the wire; entries are not checked for what they say (evidence for [PutBucketReferer-6]). */
export const refererConfiguration = document(
  'RefererConfiguration',
  record(
    {
      allowEmptyReferer: boolean(),
      allowTruncateQueryString: optional(boolean(), true),
      truncatePath: optional(boolean(), false),
      whitelist: named('RefererList', optional(entries, [])),
      blacklist: named('RefererBlacklist', optional(entries)),
    },
    { tolerant: true },
  ),
);

type OnWire = ReturnType<typeof refererConfiguration.schema.parse>;

/** What holds where nothing was ever configured ([GetBucketReferer-1]): everybody. */
const everybody: RefererRules = {
  allowEmptyReferer: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  whitelist: [],
  blacklist: [],
};

/**
 * The rules that a document asks for. Empty entries are no entries (evidence for [PutBucketReferer-2]).
 * @throws {OssError} InlineDataTooLarge, InvalidArgument
 */
export function refererRulesOf(given: OnWire): RefererRules {
  const filled = (list: readonly string[] = []) => list.filter((entry) => entry !== '');
  const rules = { ...given, whitelist: filled(given.whitelist), blacklist: filled(given.blacklist) };
  const bytes = new TextEncoder().encode([...rules.whitelist, ...rules.blacklist].join('')).length;
  if (bytes > LIST_BYTES_MAX) throw new OssError('InlineDataTooLarge');
  if (rules.truncatePath && !rules.allowTruncateQueryString) {
    throw new OssError('InvalidArgument', {
      message: 'TruncatePath can only be true if AllowTruncateQueryString is true.',
      extra: { ArgumentName: 'TruncatePath', ArgumentValue: 'true' },
    });
  }
  return rules;
}

/** The document that shows rules: the blacklist only where there is one (evidence for [GetBucketReferer-2]). */
export function refererDocumentOf(rules: RefererRules = everybody): OnWire {
  const { blacklist, ...rest } = rules;
  return blacklist.length === 0 ? rest : rules;
}
