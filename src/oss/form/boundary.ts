import { OssError } from '../answer/errors.ts';

/** RFC 2046, 5.1.1. */
const BOUNDARY_CHARACTERS_MAX = 70;

/**
 * The boundary that a request's content type announces. The type is compared without regard to case, and so is the
 * name of the parameter: whatever spells `multipart/form-data` is a form, never something else ([Sec-6]).
 * @throws {OssError} RequestIsNotMultiPartContent on any other type, MalformedPOSTRequest without a usable boundary
 */
export function boundaryOf(contentType: string | null): string {
  const match = /^[ \t]*multipart\/form-data[ \t]*(?=;|$)/i.exec(contentType ?? '');
  if (match === null) throw new OssError('RequestIsNotMultiPartContent');
  const parameter = /;[ \t]*([^\s=;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))[ \t]*/y;
  parameter.lastIndex = match[0].length;
  let boundary: string | undefined;
  while (parameter.lastIndex < contentType!.length) {
    const found = parameter.exec(contentType!);
    if (found === null) throw malformedForm('the Content-Type is not valid');
    const [, name, quoted, bare] = found;
    if (name!.toLowerCase() !== 'boundary') continue;
    if (boundary !== undefined) throw malformedForm('the boundary is given twice');
    boundary = quoted?.replace(/\\(.)/g, '$1') ?? bare;
  }
  if (boundary === undefined || !isBoundary(boundary)) throw malformedForm('there is no valid boundary');
  return boundary;
}

function isBoundary(text: string): boolean {
  return text.length <= BOUNDARY_CHARACTERS_MAX && /^[A-Za-z0-9'()+_,./:=? -]*[A-Za-z0-9'()+_,./:=?-]$/.test(text);
}

/** 400 `MalformedPOSTRequest`. @param what without capital and full stop */
export function malformedForm(what: string): OssError {
  return new OssError('MalformedPOSTRequest', {
    message: `The body of your POST request is not well-formed multipart/form-data: ${what}.`,
  });
}
