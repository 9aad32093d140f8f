import { IMAGE_HEAD_BYTES, type ImageInfo, imageInfo } from '../../lib/image-size.ts';
import type { Exchange } from '../exchange.ts';
import { objectContent } from '../object/content.ts';
import { DEFAULT_CONTENT_TYPE } from '../object/headers.ts';
import { plainInline } from '../object/read.ts';
import { clientAddress } from '../request/access-request.ts';
import { CallbackFailure } from './failure.ts';
import type { Callback } from './parameters.ts';
import { type CallbackValue, fillTemplate, templateVariables } from './template.ts';

/** What a callback can tell of the object that was stored. */
export interface CallbackFacts {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** Bytes of the whole object ([Callback-14]). */
  readonly size: number;
  /** As stored, if any was. */
  readonly contentType: string | undefined;
  /** Decimal. */
  readonly crc64: string | null;
  /** Base64; none for an object of several parts. */
  readonly contentMd5?: string | undefined;
}

/** Longest body of a callback: a form can make its variables multiply. */
const BODY_CHARACTERS_MAX = 4 * 1024 * 1024;

/**
 * The body of a callback: its template, filled in.
 * @throws {CallbackFailure} where it becomes too long, or tells of a picture that cannot be read
 */
export async function callbackBody(exchange: Exchange, callback: Callback, facts: CallbackFacts): Promise<string> {
  const { template, bodyType, variables } = callback;
  const wantsImage = [...templateVariables(template)].some((name) => name.startsWith('imageInfo.'));
  const image = wantsImage ? await imageOf(exchange, facts) : undefined;
  const system = systemVariables(exchange, facts, image);
  const body = fillTemplate(template, bodyType, (name) => variables.get(name) ?? system[name], BODY_CHARACTERS_MAX);
  if (body === undefined) throw new CallbackFailure('The callback body is too long.');
  return body;
}

function systemVariables(
  exchange: Exchange,
  facts: CallbackFacts,
  image: ImageInfo | undefined,
): Readonly<Record<string, CallbackValue | undefined>> {
  const { bucket, operation, requestId } = exchange;
  const contentType = facts.contentType ?? DEFAULT_CONTENT_TYPE;
  // Without a prototype, so that no name but these finds anything.
  return Object.assign(Object.create(null), {
    bucket: bucket.name,
    object: facts.key,
    etag: facts.etag,
    size: facts.size,
    mimeType: contentType,
    contentType,
    'imageInfo.height': image?.height,
    'imageInfo.width': image?.width,
    'imageInfo.format': image?.format,
    crc64: facts.crc64 ?? undefined,
    contentMd5: facts.contentMd5,
    clientIp: clientAddress(exchange),
    reqId: requestId,
    operation: operation.name,
  });
}

/** What the picture is that was stored, from its first bytes ([Callback-15]). */
async function imageOf(exchange: Exchange, facts: CallbackFacts): Promise<ImageInfo | undefined> {
  const head = await headOf(exchange, facts).catch(() => undefined);
  const info = head === undefined ? null : imageInfo(head);
  if (info === null) throw new CallbackFailure('Get image info failed.');
  return info;
}

/** The object's first bytes; none where it has been replaced in the meantime. */
async function headOf(exchange: Exchange, { key, etag }: CallbackFacts): Promise<Uint8Array> {
  const answer = await exchange.index.read({ key, content: true });
  if (!('ok' in answer) || answer.ok.record.etag !== etag) return new Uint8Array(0);
  const { record } = answer.ok;
  const read = { ...answer.ok, inline: await plainInline(exchange, answer.ok.inline, record.cipher) };
  const length = Math.min(record.size, IMAGE_HEAD_BYTES);
  const body = await objectContent(exchange.index, exchange.blobs, read, { offset: 0, length });
  return new Uint8Array(await new Response(body).arrayBuffer());
}
