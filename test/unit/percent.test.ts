import { describe, expect, it } from 'vitest';
import { percentDecode, percentEncode } from '../../src/lib/percent.ts';

describe('percent coding', () => {
  it('decodes UTF-8 and keeps what is not an escape', () => {
    expect(percentDecode('dir/%E6%B5%8B%E8%AF%95%201%2B1.txt')).toBe('dir/测试 1+1.txt');
    expect(percentDecode('a+b')).toBe('a+b');
    expect(percentDecode('a+b', true)).toBe('a b');
  });

  it('refuses a malformed escape and bytes that are not UTF-8', () => {
    for (const bad of ['%', '%4', '%zz', '%ff', '%C3', 'a%2']) expect(() => percentDecode(bad)).toThrow(URIError);
  });

  it('encodes all but the unreserved set', () => {
    expect(percentEncode("a/b c!'()*~_.-é")).toBe('a%2Fb%20c%21%27%28%29%2A~_.-%C3%A9');
    expect(percentEncode('a/b c', true)).toBe('a/b%20c');
  });
});
