import { describe, expect, it } from 'vitest';
import { authenticate } from '../../../../src/oss/auth/authenticate.ts';
import { accessKeyId, altered, received, refusal, settings, signed } from '../../../support/auth.ts';

/** What is wrong with a signature before anybody checks it: each with the status, code and EC that OSS gives. */

const date = 'Wed, 15 Jan 2025 08:30:00 GMT';
const long = 'x'.repeat(129);

describe('V1 header', () => {
  it.each([
    ['OSS', '0002-00000062'],
    ['OSS nocolon', '0002-00000062'],
    ['OSS :sig', '0002-00000063'],
    ['OSS id\t:sig', '0002-00000064'],
    ['OSS caf\u00e9:sig', '0002-00000064'],
    [`OSS ${long}:sig`, '0002-00000064'],
    [`OSS ${accessKeyId}:`, '0002-00000065'],
  ])('%s', (authorization, ec) => {
    const error = refusal(received({ target: '/a', key: 'a', headers: { authorization, date } }));
    expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
    expect(error.extra).toEqual({ ArgumentName: 'Authorization', ArgumentValue: 'OSS' });
  });
});

describe('V1 URL', () => {
  it.each([
    ['Expires=1736930400&Signature=s', '0002-00000071'],
    ['OSSAccessKeyId=&Expires=1736930400&Signature=s', '0002-00000072'],
    [`OSSAccessKeyId=${accessKeyId}&Signature=s`, '0002-00000067'],
    [`OSSAccessKeyId=${accessKeyId}&Expires=1736930400`, '0002-00000074'],
    [`OSSAccessKeyId=${accessKeyId}&Expires=1736930400&Signature=`, '0002-00000075'],
  ])('%s', (query, ec) => {
    const error = refusal(received({ target: `/a?${query}`, key: 'a' }));
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec });
    expect(error.message).toBe(
      'Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters',
    );
  });

  it('with a key id of other characters', () => {
    const target = '/a?OSSAccessKeyId=ab%09c&Expires=1736930400&Signature=s';
    expect(refusal(received({ target }))).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000073' });
  });

  it('the first of repeated parameters counts', () => {
    const request = signed({ scheme: 'V1', place: 'query' });
    const appended = altered(request, { query: (raw) => `${raw}&Signature=x&Expires=1&OSSAccessKeyId=y` });
    expect(authenticate(appended, settings()).scheme).toBe('V1');
    const prepended = altered(request, { query: (raw) => `Signature=x&${raw}` });
    expect(refusal(prepended).code).toBe('SignatureDoesNotMatch');
  });
});

describe('V2 header', () => {
  it.each([
    ['OSS2', '0002-00000102'],
    ['OSS2 garbage', '0002-00000102'],
    ['OSS2 AccessKeyId:x,Signature:y,UnknownKey:z', '0002-00000102'],
    ['OSS2 AccessKeyId:x,AccessKeyId:x,Signature:y', '0002-00000102'],
    ['OSS2 AccessKeyId:x,Signature:y,', '0002-00000102'],
    ['OSS2 AdditionalHeaders:host,Signature:y', '0002-00000105'],
    ['OSS2 AccessKeyId:,Signature:y', '0002-00000106'],
    ['OSS2 AccessKeyId:a b,Signature:y', '0002-00000107'],
    ['OSS2 AccessKeyId:x', '0002-00000108'],
    ['OSS2 AccessKeyId:x,Signature:', '0002-00000109'],
    ['OSS2 AccessKeyId:x,AdditionalHeaders:,Signature:y', '0002-00000110'],
    ['OSS2 AccessKeyId:x,AdditionalHeaders:host;,Signature:y', '0002-00000111'],
    ['OSS2 AccessKeyId:x,AdditionalHeaders:range,Signature:y', '0002-00000112'],
  ])('%s', (authorization, ec) => {
    const error = refusal(received({ target: '/a', key: 'a', headers: { authorization, date } }));
    expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
    expect(error.extra).toMatchObject({ ArgumentName: 'Authorization' });
  });

  it('may have blanks after its commas, as the Java SDK writes them', () => {
    const request = signed({ scheme: 'V2', place: 'header', additionalHeaders: ['host'] });
    const authorization = request.headers.get('authorization')!.replaceAll(',', ', ');
    expect(authenticate(altered(request, { headers: { authorization } }), settings()).scheme).toBe('V2');
  });
});

describe('V2 URL', () => {
  it.each([
    ['x-oss-access-key-id=x&x-oss-signature=y', '0002-00000113'],
    ['x-oss-expires=1736930400&x-oss-signature=y', '0002-00000115'],
    ['x-oss-access-key-id=&x-oss-expires=1736930400&x-oss-signature=y', '0002-00000116'],
    ['x-oss-access-key-id=x&x-oss-expires=1736930400', '0002-00000117'],
    ['x-oss-access-key-id=x&x-oss-expires=1736930400&x-oss-signature=', '0002-00000118'],
  ])('%s', (query, ec) => {
    const error = refusal(received({ target: `/a?x-oss-signature-version=OSS2&${query}`, key: 'a' }));
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec });
  });

  it('with a key id of other characters, or additional headers that are none', () => {
    const url = (id: string, more: string) =>
      `/a?x-oss-signature-version=OSS2&x-oss-access-key-id=${id}&x-oss-expires=1736930400&x-oss-signature=y${more}`;
    expect(refusal(received({ target: url('a%20b', '') }))).toMatchObject({ code: 'InvalidArgument', status: 400 });
    const blank = refusal(received({ target: url('x', '&x-oss-additional-headers=') }));
    expect(blank).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000076' });
    for (const list of ['%20;host', 'range', 'host;', 'host;host']) {
      const error = refusal(received({ target: url('x', `&x-oss-additional-headers=${list}`) }));
      expect(error).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000077' });
    }
  });
});

const word = 'OSS4-HMAC-SHA256';
const scope = '20250115/cn-hangzhou/oss/aliyun_v4_request';
const v4Headers = { 'x-oss-date': '20250115T083000Z', 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' };

describe('V4 header', () => {
  it.each([
    [word, '0002-00000202'],
    [`${word} garbage`, '0002-00000202'],
    [`${word} Credential=x/${scope},Signature=y,UnknownKey=z`, '0002-00000202'],
    [`${word} Credential=x/${scope},Signature=y,Signature=y`, '0002-00000202'],
    [`${word} credential=x/${scope},Signature=y`, '0002-00000202'],
    [`${word} Signature=y`, '0002-00000205'],
    [`${word} Credential=/${scope},Signature=y`, '0002-00000206'],
    [`${word} Credential=a b/${scope},Signature=y`, '0002-00000206'],
    [`${word} Credential=x/${scope}`, '0002-00000207'],
    [`${word} Credential=x/${scope},Signature=`, '0002-00000208'],
    [`${word} Credential=x/${scope},AdditionalHeaders=,Signature=y`, '0002-00000209'],
    [`${word} Credential=x/20250116/cn-hangzhou/oss/aliyun_v4_request,Signature=y`, '0002-00000212'],
    [`${word} Credential=x/2025-01-15/cn-hangzhou/oss/aliyun_v4_request,Signature=y`, '0002-00000212'],
    [`${word} Credential=x/20250115/cn-hangzhou/oss/abc,Signature=y`, '0002-00000213'],
    [`${word} Credential=x/20250115/cn-hangzhou/oss,Signature=y`, '0002-00000213'],
    [`${word} Credential=x/${scope}/more,Signature=y`, '0002-00000213'],
    [`${word} Credential=,Signature=y`, '0002-00000213'],
    [`${word} Credential=x/20250115/cn-beijing/oss/aliyun_v4_request,Signature=y`, '0002-00000226'],
    [`${word} Credential=x/20250115/oss-cn-hangzhou/oss/aliyun_v4_request,Signature=y`, '0002-00000226'],
    [`${word} Credential=x/20250115/cn-hangzhou/oss-cloudbox/aliyun_v4_request,Signature=y`, '0002-00000227'],
    [`${word} Credential=x/20250115/cn-hangzhou/s3/aliyun_v4_request,Signature=y`, '0002-00000227'],
  ])('%s', (authorization, ec) => {
    const error = refusal(received({ target: '/a', key: 'a', headers: { ...v4Headers, authorization } }));
    expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
    expect(error.extra).toMatchObject({ ArgumentName: 'Authorization' });
  });

  it('says which region or product is wrong, and shows no signature', () => {
    const authorization = `${word} Credential=x/20250115/cn-beijing/oss/aliyun_v4_request,Signature=51g`;
    const error = refusal(received({ target: '/a', headers: { ...v4Headers, authorization } }));
    expect(error.message).toBe('Invalid signing region in Authorization header.');
    expect(error.extra).toEqual({
      ArgumentName: 'Authorization',
      ArgumentValue: 'x/20250115/cn-beijing/oss/aliyun_v4_request',
      Authorization: `${word} Credential=x/20250115/cn-beijing/oss/aliyun_v4_request`,
    });
    const product = authorization.replace('cn-beijing/oss', 'cn-hangzhou/vectors');
    expect(refusal(received({ target: '/a', headers: { ...v4Headers, authorization: product } })).message).toBe(
      'Invalid signing product in Authorization header.',
    );
  });

  it.each([null, '', 'unsigned-payload', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'])(
    'x-oss-content-sha256: %s',
    (value) => {
      const request = altered(signed({ scheme: 'V4', place: 'header' }), {
        headers: { 'x-oss-content-sha256': value },
      });
      const error = refusal(request);
      expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec: '0002-00000214' });
      expect(error.extra).toEqual({ ArgumentName: 'x-oss-content-sha256', ArgumentValue: value ?? '' });
    },
  );

  it('takes its fields in any order and with blanks, as Python SDK v1 writes them', () => {
    const request = signed({ scheme: 'V4', place: 'header', additionalHeaders: ['host'] });
    const [, fields = ''] = request.headers.get('authorization')!.split(' ');
    const [credential, additional, signature] = fields.split(',');
    const authorization = `${word} ${credential}, ${signature}, ${additional}`;
    expect(authenticate(altered(request, { headers: { authorization } }), settings()).scheme).toBe('V4');
  });
});

describe('V4 URL', () => {
  const request = signed({ scheme: 'V4', place: 'query' });
  const credential = encodeURIComponent(`${accessKeyId}/${scope}`);

  it.each([
    [`&x-oss-credential=${credential}`, '', '0002-00000221'],
    [credential, '', '0002-00000224'],
    [credential, 'x', '0002-00000224'],
    [encodeURIComponent(scope), `${encodeURIComponent(scope)}%2Fmore`, '0002-00000224'],
    ['aliyun_v4_request', 'abc', '0002-00000224'],
    [accessKeyId, '%0Dabc', '0002-00000222'],
    [`${accessKeyId}%2F20250115`, `${accessKeyId}%2F20250116`, '0002-00000223'],
    ['cn-hangzhou', 'cn-beijing', '0002-00000226'],
    ['%2Foss%2F', '%2Foss-cloudbox%2F', '0002-00000227'],
    [/&x-oss-signature=.*/, '', '0002-00000219'],
    [/&x-oss-signature=.*/, '&x-oss-signature=', '0002-00000220'],
    [/$/, '&x-oss-additional-headers=', '0002-00000076'],
    [/$/, '&x-oss-additional-headers=range', '0002-00000077'],
  ])('%s → %s', (from, to, ec) => {
    const error = refusal(altered(request, { query: (raw) => raw.replace(from, to) }));
    expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
  });

  it('takes no other payload word either', () => {
    const headers = { 'x-oss-content-sha256': 'e3b0' };
    expect(refusal(altered(request, { headers })).ec).toBe('0002-00000214');
    const sent = { target: '/a.txt', key: 'a.txt', headers: { 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' } };
    expect(authenticate(signed({ scheme: 'V4', place: 'query' }, sent), settings()).scheme).toBe('V4');
  });
});

describe('[Sec-34] additional headers of V4', () => {
  const from = { target: '/a.txt', key: 'a.txt', headers: { range: 'bytes=0-9', 'cache-control': 'no-cache' } };
  const request = signed(
    { scheme: 'V4', place: 'header', additionalHeaders: ['range', 'host', 'Cache-Control'] },
    from,
  );
  const list = (text: string) => {
    const authorization = request.headers.get('authorization')!.replace('cache-control;host;range', text);
    return altered(request, { headers: { authorization } });
  };

  it('positive control: the list as clients write it', () => {
    expect(request.headers.get('authorization')).toContain('AdditionalHeaders=cache-control;host;range,');
    expect(authenticate(request, settings()).scheme).toBe('V4');
  });

  it.each([
    ['host;', '0002-00000210'],
    [';host', '0002-00000210'],
    ['cache-control;;host;range', '0002-00000210'],
    [';', '0002-00000210'],
    ['', '0002-00000209'],
    ['host;host', '0002-00000211'],
    ['cache-control;host;Host;range', '0002-00000211'],
    ['cache-control;host;range;if-match', '0002-00000211'],
    [' host', '0002-00000211'],
    ['ho st', '0002-00000211'],
    ['h\u00f6st', '0002-00000211'],
    ['x_y', '0002-00000211'],
  ])('refuses "%s"', (text, ec) => {
    const changed = text === ' host' ? list('cache-control; host') : list(text);
    expect(refusal(changed)).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
  });

  it('order and case of the list do not matter: the canonical form fixes both', () => {
    expect(authenticate(list('range;HOST;cache-control'), settings()).scheme).toBe('V4');
  });

  it('names that are signed anyway are passed over, there or not', () => {
    expect(authenticate(list('cache-control;content-type;host;range;x-oss-date;x-oss-none'), settings()).scheme).toBe(
      'V4',
    );
  });

  it('a shorter or longer list than was signed does not verify', () => {
    for (const text of ['cache-control;host', 'host', 'accept;cache-control;host;range']) {
      const changed = altered(list(text), { headers: { accept: '*/*' } });
      expect(refusal(changed).code).toBe('SignatureDoesNotMatch');
    }
  });

  it('the value of each counts', () => {
    for (const [name, value] of [
      ['range', 'bytes=0-99'],
      ['cache-control', 'no-store'],
      ['host', 'other.example'],
    ] as const) {
      expect(refusal(altered(request, { headers: { [name]: value } })).code).toBe('SignatureDoesNotMatch');
    }
  });

  it('10,000 names are refused in no time', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `h${i}`).join(';');
    const start = performance.now();
    expect(refusal(list(names)).ec).toBe('0002-00000211');
    expect(performance.now() - start).toBeLessThan(250);
  });

  it('a host header that the runtime does not show is taken from the URL', () => {
    const hidden = altered(request, { headers: { host: null } });
    expect(authenticate(hidden, settings()).scheme).toBe('V4');
  });
});

it('long nonsense comes back short', () => {
  const target = `/a?x-oss-signature-version=${'x'.repeat(10_000)}`;
  expect(refusal(received({ target })).extra).toMatchObject({ ArgumentValue: 'x'.repeat(256) });
});
