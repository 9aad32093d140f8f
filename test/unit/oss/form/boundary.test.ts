import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { boundaryOf } from '../../../../src/oss/form/boundary.ts';

function outcome(contentType: string | null): string {
  try {
    return `boundary ${boundaryOf(contentType)}`;
  } catch (error) {
    if (error instanceof OssError) return error.code;
    throw error;
  }
}

describe('the boundary of a form', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data;boundary=abc', 'abc'],
    ['multipart/form-data ; charset=utf-8 ; Boundary=abc ; x=y', 'abc'],
    ['multipart/form-data; boundary="a b,c"', 'a b,c'],
    ['multipart/form-data; boundary="a\\-b"', 'a-b'],
    ['multipart/form-data; boundary=--abc', '--abc'],
    ["multipart/form-data; boundary=0'()+_,-./:=?z", "0'()+_,-./:=?z"],
    [`multipart/form-data; boundary=${'b'.repeat(70)}`, 'b'.repeat(70)],
  ])('%s', (contentType, boundary) => {
    expect(outcome(contentType)).toBe(`boundary ${boundary}`);
  });

  it.each(['multipart/form-datA', 'MULTIPART/FORM-DATA', 'Multipart/Form-Data'])('[Sec-6] %s is a form', (type) => {
    expect(outcome(`${type}; boundary=abc`)).toBe('boundary abc');
  });

  it.each([
    'multipart/form-data',
    'multipart/form-data; ',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="abc ',
    'multipart/form-data; boundary="abc "',
    'multipart/form-data; boundary=a;boundary=b',
    'multipart/form-data; boundary=a b',
    'multipart/form-data; boundary="a\r\nb"',
    'multipart/form-data; boundary=a"b',
    'multipart/form-data; boundary=grüße',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
  ])('[Sec-15] %j has none', (contentType) => {
    expect(outcome(contentType)).toBe('MalformedPOSTRequest');
  });

  it.each([
    null,
    '',
    'multipart/form-dataa; boundary=abc',
    'multipart/mixed; boundary=abc',
    'text/plain; x=multipart/form-data; boundary=abc',
    'application/x-www-form-urlencoded',
    'multipart/form-data, text/plain; boundary=abc',
  ])('[Sec-6] %j is no form', (contentType) => {
    expect(outcome(contentType)).toBe('RequestIsNotMultiPartContent');
  });
});
