import { BodyFailure } from '../../../blob/failure.ts';
import { OssError } from '../../answer/errors.ts';
import { formCallback } from '../../callback/requested.ts';
import { respondWithCallback } from '../../callback/respond.ts';
import type { Exchange } from '../../exchange.ts';
import { ReceivedBody } from '../../form/body.ts';
import { boundaryOf, malformedForm } from '../../form/boundary.ts';
import { checkForm } from '../../form/check.ts';
import { uploadHeaders } from '../../form/headers.ts';
import { readForm } from '../../form/read.ts';
import { objectUrl, successReply } from '../../form/success.ts';
import { UPLOAD_BYTES_MAX } from '../../limits.ts';
import { type PutWishes, putObject, putWishes } from '../../object/put.ts';
import { bodyError, uploadStream } from '../../object/upload.ts';
import { operation } from '../../operation.ts';
import { authSettingsOf } from '../../request/auth-settings.ts';
import { requestMd5 } from '../../request/body.ts';
import { formPace } from '../../request/pace.ts';

/**
 * Uploads an object by an HTML form (protocol/oss.md chapter 2). The form's own signature decides who it is from: one
 * in the header or the URL is not looked at. Every field before the file is known, and judged, before the file is read.
 */
export const PostObject = operation({
  name: 'PostObject',
  method: 'POST',
  target: 'bucket',
  action: 'PutObject',
  access: 'write',
  perObject: true,
  signedForm: true,
  hierarchical: true,
  async run(exchange) {
    const { request } = exchange;
    const boundary = boundaryOf(request.headers.get('content-type'));
    const length = Number(request.headers.get('content-length') ?? Number.NaN);
    if (length > UPLOAD_BYTES_MAX) {
      throw new OssError('EntityTooLarge', { extra: { MaxSizeAllowed: UPLOAD_BYTES_MAX } });
    }
    if (request.body === null) throw malformedForm('there is none');
    const body = new ReceivedBody(request.body, requestMd5(request.headers));
    try {
      return await post(exchange, body, boundary);
    } catch (error) {
      await body.drain(length);
      throw error instanceof BodyFailure ? bodyError(error) : error;
    } finally {
      body.close();
    }
  },
});

async function post(exchange: Exchange, body: ReceivedBody, boundary: string): Promise<Response> {
  const { request, address, bucket, settings } = exchange;
  const form = await readForm(body, boundary);
  const checked = checkForm(form, {
    bucket: bucket.name,
    auth: authSettingsOf(exchange),
    strict: settings.strictFormFields,
    now: exchange.received,
  });
  const { key } = checked;
  exchange.authentication = checked.authentication;
  exchange.wishes = uploadHeaders(form.fields, checked.contentType);
  await exchange.judgement.judgeObjects([{ key }]);
  exchange.bytesPerSecond = formPace(exchange.wishes);
  exchange.callback = await formCallback(exchange, form.fields);
  const stored = await putObject(exchange, key, formWishes(exchange), (options) =>
    uploadStream(exchange, key, {
      ...options,
      body: form.file.open((bytes) => {
        if (bytes < checked.length.min) {
          throw new OssError('EntityTooSmall', { extra: { MinSizeAllowed: checked.length.min, ProposedSize: bytes } });
        }
        body.checkDigest();
      }),
      limit: checked.length.max,
      fromClient: true,
    }),
  );
  const { facts, headers } = stored;
  const posted = { bucket: bucket.name, key, etag: facts.etag, location: objectUrl(request.url, address, key) };
  return (await respondWithCallback(exchange, facts, headers)) ?? successReply(form.fields, posted, headers);
}

/** A form may name a language too, which PutObject does not keep ([ObjCommon-20]). */
function formWishes(exchange: Exchange): PutWishes {
  const common = putWishes(exchange);
  const language = exchange.wishes.get('content-language');
  if (language === null) return common;
  return { ...common, meta: { ...common.meta, headers: { ...common.meta.headers, 'content-language': language } } };
}
