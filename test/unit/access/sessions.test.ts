import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issueSession, openSession, secretOf, sessionKeys } from '../../../src/access/sessions.ts';

const keys = sessionKeys('secret');
const session = {
  accountId: '1',
  roleName: 'role',
  sessionName: 'name',
  policy: '{"测试":1}',
  expires: 1_700_000_000_000,
};

describe('a session', () => {
  it('is all in its token', () => {
    const { accessKeyId, accessKeySecret, securityToken } = issueSession(keys, session);
    expect(openSession(keys, securityToken)).toEqual({ ...session, accessKeyId });
    expect(secretOf(keys, accessKeyId)).toBe(accessKeySecret);
    expect(accessKeyId).toMatch(/^STS\.[A-Za-z0-9]{24}$/);
  });

  it('has a key, a secret and a token of its own, which show nothing of it', () => {
    const many = Array.from({ length: 50 }, () => issueSession(keys, session));
    for (const part of ['accessKeyId', 'accessKeySecret', 'securityToken'] as const) {
      expect(new Set(many.map((one) => one[part])).size).toBe(50);
    }
    const [{ securityToken, accessKeyId, accessKeySecret }] = many as [(typeof many)[0]];
    const readable = Buffer.from(securityToken, 'base64url').toString('latin1');
    for (const part of [accessKeyId, accessKeySecret, session.roleName, 'sessionName'])
      expect(readable).not.toContain(part);
  });

  it('belongs to the secret that it was sealed with', () => {
    const { securityToken, accessKeyId, accessKeySecret } = issueSession(keys, session);
    expect(openSession(sessionKeys('secret '), securityToken)).toBeUndefined();
    expect(secretOf(sessionKeys('secret '), accessKeyId)).not.toBe(accessKeySecret);
    expect(openSession(sessionKeys('secret'), securityToken)).toBeDefined();
  });

  it('cannot be changed in any bit, cut or prolonged', () => {
    const { securityToken } = issueSession(keys, session);
    const bytes = Buffer.from(securityToken, 'base64url');
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(openSession(keys, changed.toString('base64url')), `bit ${bit}`).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(openSession(keys, bytes.subarray(0, length).toString('base64url'))).toBeUndefined();
    }
    expect(openSession(keys, Buffer.concat([bytes, Uint8Array.of(0)]).toString('base64url'))).toBeUndefined();
    const last = securityToken.length - 1;
    const variants = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    const valid = variants.filter((letter) => openSession(keys, securityToken.slice(0, last) + letter) !== undefined);
    expect(valid).toEqual([securityToken[last]]);
  });

  it('is nothing that somebody made up', () => {
    for (const text of ['', '=', 'AQ', ' ', 'é', 'a'.repeat(8_193), 'CAIS+/='])
      expect(openSession(keys, text)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(openSession(keys, Buffer.from([1, ...bytes]).toString('base64url'))).toBeUndefined();
      }),
    );
  });
});
