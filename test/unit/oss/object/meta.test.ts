import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import {
  isStorageClass,
  parseObjectAcl,
  requestFlag,
  requestMeta,
  requestObjectAcl,
  requestStorageClass,
  USER_META_BYTES_MAX,
} from '../../../../src/oss/object/meta.ts';

function refused(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof OssError && error.code === 'InvalidArgument') return String(error.extra.ArgumentName);
    throw error;
  }
}

const meta = (headers: Record<string, string>) => requestMeta(new Headers(headers));

describe('requestMeta', () => {
  it('[ObjCommon-19] [ObjCommon-20] keeps user metadata and five standard headers', () => {
    const kept = meta({
      'X-Oss-Meta-A': '1',
      'Content-Type': 'text/css',
      expires: 'never',
      etag: 'x',
      'x-oss-acl': 'private',
    });
    expect(kept).toEqual({ headers: { 'content-type': 'text/css', expires: 'never' }, user: { a: '1' } });
    expect(meta({})).toEqual({ headers: {}, user: {} });
    expect(meta({ 'content-type': '', 'x-oss-meta-empty': '' })).toEqual({ headers: {}, user: { empty: '' } });
  });

  it('[ObjCommon-19] takes exactly 8 KB of names and values', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 20 }), (over, names) => {
        const headers: Record<string, string> = {};
        for (let i = 0; i < names; i++) headers[`x-oss-meta-n${String(i).padStart(2, '0')}`] = '';
        headers['x-oss-meta-n00'] = 'v'.repeat(USER_META_BYTES_MAX - 3 * names + over);
        expect(refused(() => meta(headers)) !== undefined).toBe(over > 0);
      }),
    );
  });

  it('[ObjCommon-19] refuses names with anything but letters, digits and hyphen', () => {
    for (const name of ['x-oss-meta-', 'x-oss-meta-a_b', 'x-oss-meta-a.b', 'x-oss-meta-a~']) {
      expect(refused(() => meta({ [name]: '1' }))).toBe(name);
    }
  });

  it('[ObjCommon-21] reads persistent headers, which win over standard ones', () => {
    const persistent = (text: string) =>
      meta({ 'cache-control': 'no-store', 'x-oss-persistent-headers': text }).headers;
    expect(persistent(`Cache-Control:${btoa('max-age=1')}, x-own:${btoa('1')}`)).toEqual({
      'cache-control': 'max-age=1',
      'x-own': '1',
    });
    expect(persistent('')).toEqual({ 'cache-control': 'no-store' });
  });

  it('[Sec-20] [Sec-28] never keeps a header of the gateway, or a value that ends its line', () => {
    const text = fc.oneof(fc.constantFrom('\r', '\n', '\0', 'a\r\nb', '\x1f', '\x7f'), fc.string({ maxLength: 20 }));
    const name = fc.oneof(
      fc.constantFrom(
        'x-oss-meta-a',
        'X-OSS-Version-Id',
        'etag',
        'content-length',
        'set-cookie2',
        'Access-Control-Max-Age',
        'x-own',
        'content-type',
      ),
      fc.string({ maxLength: 10 }),
    );
    fc.assert(
      fc.property(name, text, (header, value) => {
        const encoded = Buffer.from(value.toWellFormed(), 'utf8').toString('base64');
        let kept: Readonly<Record<string, string>> = {};
        const argument = refused(() => {
          kept = meta({ 'x-oss-persistent-headers': `${header}:${encoded}`.replace(/[^\x20-\x7e]/g, '') }).headers;
        });
        if (argument !== undefined) expect(argument).toBe('x-oss-persistent-headers');
        for (const [one, content] of Object.entries(kept)) {
          expect(one).toMatch(/^[a-z0-9-]+$/);
          expect(one).not.toMatch(/^(x-oss-|access-control-|set-cookie|etag$|content-length$)/);
          expect(content).not.toMatch(/[\r\n\0]/);
          expect([...content].every((c) => c === '\t' || (c >= ' ' && c !== '\x7f'))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('values of other headers', () => {
  it('[ObjCommon-31] storage classes', () => {
    const storageClass = (value?: string) =>
      requestStorageClass(new Headers(value === undefined ? {} : { 'x-oss-storage-class': value }), 'IA');
    expect(storageClass()).toBe('IA');
    for (const value of ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']) {
      expect(storageClass(value)).toBe(value);
      expect(isStorageClass(value)).toBe(true);
    }
    for (const value of ['', 'standard', 'Cold Archive', 'constructor']) {
      expect(refused(() => storageClass(value))).toBe('x-oss-storage-class');
      expect(isStorageClass(value)).toBe(false);
    }
  });

  it('[ObjCommon-26] object ACLs', () => {
    expect(requestObjectAcl(new Headers())).toBe(null);
    expect(parseObjectAcl('default')).toBe(null);
    for (const acl of ['private', 'public-read', 'public-read-write']) expect(parseObjectAcl(acl)).toBe(acl);
    for (const acl of ['', 'Private', 'public', 'toString'])
      expect(refused(() => parseObjectAcl(acl))).toBe('x-oss-object-acl');
  });

  it('flags', () => {
    const flag = (value?: string) => requestFlag(new Headers(value === undefined ? {} : { 'x-flag': value }), 'x-flag');
    expect([flag(), flag('false'), flag('False'), flag('true'), flag('TRUE')]).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    for (const value of ['', '1', 'yes', 'true,true']) expect(refused(() => flag(value))).toBe('x-flag');
  });
});
