import { createHmac } from 'node:crypto';

/** Forms as clients write and sign them. Written apart from `src/oss/form`. Runs in Node and in workerd. */

export interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly value: string | Uint8Array;
}

export interface Around {
  readonly preamble?: string;
  readonly epilogue?: string;
  /** Blanks behind each boundary. */
  readonly padding?: string;
}

/** The body of a form. */
export function formBytes(boundary: string, parts: readonly Part[], around: Around = {}): Uint8Array<ArrayBuffer> {
  const { preamble = '', epilogue = '\r\n', padding = '' } = around;
  const pieces: (string | Uint8Array)[] = [preamble];
  parts.forEach(({ name, filename, type, value }, i) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    pieces.push(
      `${i === 0 && preamble === '' ? '' : '\r\n'}--${boundary}${padding}\r\n`,
      `Content-Disposition: form-data; name="${name}"${file}\r\n`,
      type === undefined ? '\r\n' : `Content-Type: ${type}\r\n\r\n`,
      value,
    );
  });
  pieces.push(`\r\n--${boundary}--${epilogue}`);
  return new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))));
}

export interface ToSignForm {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly scheme: 'V1' | 'V2' | 'V4';
  readonly conditions: readonly unknown[];
  /** ISO 8601; in an hour unless said otherwise. */
  readonly expiration?: string;
  readonly securityToken?: string;
  /** ms since the epoch. */
  readonly now?: number;
  readonly region?: string;
  /** The whole policy document instead of conditions and expiration. */
  readonly document?: string;
}

/** The fields that a signed form has beside its own. */
export function signedFields(form: ToSignForm): Record<string, string> {
  const { accessKeyId, accessKeySecret, scheme, securityToken, now = Date.now(), region = 'cn-hangzhou' } = form;
  const expiration = form.expiration ?? new Date(now + 3_600_000).toISOString();
  const conditions = [...form.conditions];
  const fields: Record<string, string> = securityToken === undefined ? {} : { 'x-oss-security-token': securityToken };
  const encode = () =>
    Buffer.from(form.document ?? JSON.stringify({ expiration, conditions }), 'utf8').toString('base64');
  if (scheme === 'V1') {
    const policy = encode();
    const signature = createHmac('sha1', accessKeySecret).update(policy).digest('base64');
    return { ...fields, OSSAccessKeyId: accessKeyId, policy, Signature: signature };
  }
  if (scheme === 'V2') {
    const policy = encode();
    const signature = createHmac('sha256', accessKeySecret).update(policy).digest('base64');
    return {
      ...fields,
      'x-oss-signature-version': 'OSS2',
      'x-oss-access-key-id': accessKeyId,
      policy,
      'x-oss-signature': signature,
    };
  }
  const date = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const scope = `${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`;
  Object.assign(fields, {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${accessKeyId}/${scope}`,
    'x-oss-date': date,
  });
  for (const [name, value] of Object.entries(fields)) conditions.push({ [name]: value });
  const policy = encode();
  let key: string | Buffer = `aliyun_v4${accessKeySecret}`;
  for (const step of scope.split('/')) key = createHmac('sha256', key).update(step).digest();
  return { ...fields, policy, 'x-oss-signature': createHmac('sha256', key).update(policy).digest('hex') };
}
