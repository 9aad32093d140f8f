import { describe, expect, it } from 'vitest';
import type { Tag } from '../../../../src/index/records.ts';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { checkedTags, taggingHeader } from '../../../../src/oss/object/tagging.ts';

const parse = (text: string) => taggingHeader(new Headers({ 'x-oss-tagging': text }));

function refusal(run: () => unknown): Pick<OssError, 'code' | 'message' | 'status'> {
  try {
    run();
  } catch (error) {
    if (error instanceof OssError) return { code: error.code, message: error.message, status: error.status };
    throw error;
  }
  throw new Error('not refused');
}

const numbered = (count: number): Tag[] => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
const asHeader = (tags: readonly Tag[]) => tags.map(({ key, value }) => `${key}=${value}`).join('&');

describe('x-oss-tagging', () => {
  it('[ObjCommon-33] reads percent-encoded pairs; an item without "=" has an empty value', () => {
    expect(parse('TagA&TagB=B')).toEqual([
      { key: 'TagA', value: '' },
      { key: 'TagB', value: 'B' },
    ]);
    expect(parse('a%20b=c%2Fd%3D%3A')).toEqual([{ key: 'a b', value: 'c/d=:' }]);
    expect(parse('k=')).toEqual([{ key: 'k', value: '' }]);
  });

  it('[ObjCommon-33] takes "+" for a plus, encoded or not', () => {
    expect(parse('a+b=1%2B2+3')).toEqual([{ key: 'a+b', value: '1+2+3' }]);
  });

  it('[ObjCommon-33] knows no tags without the header or in an empty one', () => {
    expect(taggingHeader(new Headers())).toBeNull();
    expect(parse('')).toBeNull();
  });

  it('[GetObjectTagging-3] keeps the order given, and every name for what it is', () => {
    expect(parse('2=b&1=a&__proto__=x')?.map(({ key }) => key)).toEqual(['2', '1', '__proto__']);
  });

  it('[ObjCommon-33] refuses a second "=" with InvalidTag', () => {
    expect(refusal(() => parse('a=b=c')).code).toBe('InvalidTag');
    expect(refusal(() => parse('a=b=')).code).toBe('InvalidTag');
  });

  it('[ObjCommon-33] refuses more than 10 tags with BadRequest', () => {
    expect(parse(asHeader(numbered(10)))).toHaveLength(10);
    const { code, message, status } = refusal(() => parse(asHeader(numbered(11))));
    expect({ code, status }).toEqual({ code: 'BadRequest', status: 400 });
    expect(message).toContain('Object tags cannot be greater than 10');
    expect(refusal(() => parse('&'.repeat(60_000))).code).toBe('BadRequest');
  });

  it('[ObjCommon-33] refuses a repeated key with InvalidArgument, names that differ in case not', () => {
    expect(refusal(() => parse('a=1&a=2')).code).toBe('InvalidArgument');
    expect(refusal(() => parse('a=1&%61=2')).code).toBe('InvalidArgument');
    expect(parse('a=1&A=1')).toHaveLength(2);
  });

  it('[ObjCommon-33] refuses characters that no tag may have, empty keys and malformed escapes', () => {
    for (const text of ['a%26=1', 'a=%25', 'a@=1', 'a=%0A', 'a=%00', '=1', 'a=1&', '&a=1', 'a=%09']) {
      expect(refusal(() => parse(text)).code, text).toBe('InvalidTag');
    }
    for (const text of ['a=%', 'a=%zz', '%FF=1', 'a=%C3']) {
      expect(refusal(() => parse(text)).code, text).toBe('InvalidArgument');
    }
  });
});

describe('tags of an object', () => {
  it('[PutObjectTagging-2] takes letters, digits, blanks and + - = . _ : /', () => {
    const tags = [{ key: 'Az09 +-=._:/', value: ' +-=._:/ ' }];
    expect(checkedTags(tags, 'document')).toEqual(tags);
  });

  it('[PutObjectTagging-2] counts characters, not bytes: 128 in a key, 256 in a value', () => {
    const of = (key: number, value: number, letter: string) => [
      { key: letter.repeat(key), value: letter.repeat(value) },
    ];
    for (const letter of ['a', '标', '\u{20000}']) {
      expect(checkedTags(of(128, 256, letter), 'document')).toHaveLength(1);
      expect(refusal(() => checkedTags(of(129, 256, letter), 'document')).code).toBe('InvalidTag');
      expect(refusal(() => checkedTags(of(128, 257, letter), 'document')).code).toBe('InvalidTag');
    }
  });

  it('[PutObjectTagging-3] has InvalidTag for every mistake in a document', () => {
    expect(refusal(() => checkedTags(numbered(11), 'document')).code).toBe('InvalidTag');
    const twice = { key: 'a', value: '1' };
    expect(refusal(() => checkedTags([twice, twice], 'document'))).toMatchObject({
      code: 'InvalidTag',
      message: 'Cannot provide multiple Tags with the same key',
    });
    expect(refusal(() => checkedTags([{ key: 'a&', value: '' }], 'document'))).toMatchObject({
      code: 'InvalidTag',
      message: 'The TagKey you have provided is invalid',
    });
  });

  it('[PutObjectTagging-7] knows an empty list for no tags', () => {
    expect(checkedTags([], 'document')).toBeNull();
  });
});
