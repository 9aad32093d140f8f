import { OssError } from '../answer/errors.ts';
import { malformedForm } from './boundary.ts';
import { type ByteSource, MultipartReader } from './multipart.ts';
import { baseName, decodeText, type PartHeader, parsePartHeader } from './part-header.ts';

/** Longest name and value of a field, in bytes (protocol/oss.md 2.1). */
export const FIELD_NAME_BYTES_MAX = 8 * 1024;
export const FIELD_VALUE_BYTES_MAX = 2 * 1024 * 1024;
/** All that may stand before the file, and behind it, in bytes; and how many fields. The service tells no figures. */
export const FIELDS_BYTES_MAX = 4 * 1024 * 1024;
export const TRAILER_BYTES_MAX = 64 * 1024;
export const FIELDS_MAX = 1_000;

const FILE = 'file';

/** The fields of a form. Their names are found in any case; values are as sent. */
export class FormFields implements Iterable<FormField> {
  readonly #fields = new Map<string, FormField>();

  /** @throws {OssError} InvalidArgument where the form has a field of this name already */
  add(name: string, value: string): void {
    const key = name.toLowerCase();
    // What is checked must be what is used: of two values, only one could be.
    if (this.#fields.has(key)) {
      throw new OssError('InvalidArgument', {
        message: 'The form has a field twice.',
        extra: { ArgumentName: name.slice(0, 256), ArgumentValue: value.slice(0, 256) },
      });
    }
    this.#fields.set(key, { name, value });
  }

  /** @param name in lower case */
  get(name: string): string | undefined {
    return this.#fields.get(name)?.value;
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  get size(): number {
    return this.#fields.size;
  }

  [Symbol.iterator](): Iterator<FormField> {
    return this.#fields.values();
  }
}

export interface FormField {
  /** As sent. */
  readonly name: string;
  readonly value: string;
}

/** The file of a form, not read yet. */
export interface FormFile {
  /** Without the directories of a path; empty where the client named none. */
  readonly filename: string;
  readonly contentType?: string;
  /**
   * Its content. The stream ends only when the whole form has ended well, so that who stores it stores no part of a
   * form that broke off, nor one with a second file.
   * @param onEnd told the number of bytes once all of the body has been read, before the end of the stream; what it
   *   throws makes the stream fail instead
   */
  open(onEnd: (bytes: number) => void): ReadableStream<Uint8Array>;
}

export interface Form {
  readonly fields: FormFields;
  readonly file: FormFile;
}

/**
 * Reads a form up to the content of its file, which must be there, and behind the fields that count. Memory does not
 * depend on the length of the file.
 * @throws {OssError} MalformedPOSTRequest, IncorrectNumberOfFilesInPOSTRequest, FieldItemTooLong,
 *   MaxPOSTPreDataLengthExceededError, InvalidArgument on a field that is repeated
 */
export async function readForm(source: ByteSource, boundary: string): Promise<Form> {
  const reader = new MultipartReader(source, boundary);
  const fields = new FormFields();
  await skip(reader, FIELDS_BYTES_MAX, tooMuchBefore);
  for (;;) {
    const header = await nextPart(reader);
    if (header === null) throw new OssError('IncorrectNumberOfFilesInPOSTRequest');
    if (isFile(header)) return { fields, file: fileOf(reader, header) };
    if (fields.size === FIELDS_MAX) throw tooMuchBefore();
    fields.add(header.name, await readValue(reader));
  }
}

async function nextPart(reader: MultipartReader): Promise<PartHeader | null> {
  const bytes = await reader.nextHeader();
  if (bytes === null) return null;
  const header = parsePartHeader(bytes);
  if (header.name.length > FIELD_NAME_BYTES_MAX) throw new OssError('FieldItemTooLong');
  return header;
}

function isFile({ name }: PartHeader): boolean {
  return name.toLowerCase() === FILE;
}

async function readValue(reader: MultipartReader): Promise<string> {
  const left = FIELDS_BYTES_MAX - reader.passed;
  if (left < 0) throw tooMuchBefore();
  const limit = Math.min(FIELD_VALUE_BYTES_MAX, left);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await reader.content(); chunk !== null; chunk = await reader.content()) {
    length += chunk.length;
    if (length > limit) throw left < FIELD_VALUE_BYTES_MAX ? tooMuchBefore() : new OssError('FieldItemTooLong');
    chunks.push(chunk);
  }
  return decodeText(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
}

function tooMuchBefore(): OssError {
  return new OssError('MaxPOSTPreDataLengthExceededError');
}

/** Passes over the rest of a part. */
async function skip(reader: MultipartReader, maxBytes: number, tooMuch: () => OssError): Promise<void> {
  let length = 0;
  for (let chunk = await reader.content(); chunk !== null; chunk = await reader.content()) {
    length += chunk.length;
    if (length > maxBytes) throw tooMuch();
  }
}

function fileOf(reader: MultipartReader, header: PartHeader): FormFile {
  const { filename = '', contentType } = header;
  return {
    filename: baseName(filename),
    ...(contentType === undefined ? {} : { contentType }),
    open(onEnd) {
      let bytes = 0;
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const chunk = await reader.content();
            if (chunk !== null) {
              bytes += chunk.length;
              controller.enqueue(chunk);
              return;
            }
            await readTrailer(reader);
            onEnd(bytes);
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );
    },
  };
}

/** Fields behind the file mean nothing, but a second file is one too many. */
async function readTrailer(reader: MultipartReader): Promise<void> {
  const tooMuch = () => malformedForm('there is too much behind the file');
  const end = reader.passed + TRAILER_BYTES_MAX;
  for (let header = await nextPart(reader); header !== null; header = await nextPart(reader)) {
    if (isFile(header)) throw new OssError('IncorrectNumberOfFilesInPOSTRequest');
    await skip(reader, end - reader.passed, tooMuch);
  }
  await reader.drain(TRAILER_BYTES_MAX);
}
