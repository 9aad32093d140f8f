/** Longest wait for a resolver, and most characters of its answer. */
const TIMEOUT_MS = 3_000;
const ANSWER_MAX = 64 * 1_024;

const TXT = 16;

interface DnsAnswer {
  readonly Status?: number;
  readonly Answer?: readonly { readonly type?: number; readonly data?: string }[];
}

/**
 * The TXT records of a name, asked of a resolver that speaks DNS over HTTPS in its JSON form.
 * @param resolver URL of the resolver, such as `https://cloudflare-dns.com/dns-query`
 * @param name ASCII
 * @returns the texts; none where there is no such name
 * @throws {Error} where the resolver cannot be asked or cannot tell
 */
export async function txtRecords(
  resolver: string,
  name: string,
  ask: typeof fetch = fetch,
): Promise<readonly string[]> {
  const url = new URL(resolver);
  url.searchParams.set('name', name);
  url.searchParams.set('type', 'TXT');
  const response = await ask(url.href, {
    headers: { accept: 'application/dns-json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await bounded(response);
  if (response.status !== 200) throw new Error(`the resolver answered ${response.status}`);
  const { Status, Answer } = JSON.parse(text) as DnsAnswer;
  // 3: the name does not exist, which is an answer.
  if (Status !== 0 && Status !== 3) throw new Error(`the resolver could not tell: ${Status}`);
  if (!Array.isArray(Answer)) return [];
  return Answer.flatMap(({ type, data }) => (type === TXT && typeof data === 'string' ? [unquoted(data)] : []));
}

async function bounded(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_MAX) throw new Error('the answer of the resolver is too long');
  }
  return text + decoder.decode();
}

/** A record as resolvers write it: one or more quoted strings, which belong together, or a bare text. */
function unquoted(data: string): string {
  if (!data.startsWith('"')) return data;
  return [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text!.replace(/\\(.)/g, '$1')).join('');
}
