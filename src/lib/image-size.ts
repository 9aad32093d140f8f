/** What a picture is, by its first bytes. Sides in pixels, before any rotation that metadata asks for. */
export interface ImageInfo {
  readonly format: 'bmp' | 'gif' | 'jpg' | 'png' | 'webp';
  readonly width: number;
  readonly height: number;
}

/** Bytes within which the size of nearly every picture stands. A JPEG may have colour profiles and previews before it. */
export const IMAGE_HEAD_BYTES = 256 * 1024;

type Size = Pick<ImageInfo, 'width' | 'height'>;

interface Format {
  readonly format: ImageInfo['format'];
  is(head: Uint8Array): boolean;
  /** Undefined where the size is not where it should be. A read past the end throws a RangeError. */
  size(view: DataView, head: Uint8Array): Size | undefined;
}

const formats: readonly Format[] = [
  {
    format: 'png',
    is: (head) => startsWith(head, 0, '\x89PNG\r\n\x1a\n'),
    size: (view, head) =>
      startsWith(head, 12, 'IHDR') ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined,
  },
  { format: 'jpg', is: (head) => startsWith(head, 0, '\xff\xd8\xff'), size: jpegSize },
  {
    format: 'gif',
    is: (head) => startsWith(head, 0, 'GIF87a') || startsWith(head, 0, 'GIF89a'),
    size: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  },
  { format: 'webp', is: (head) => startsWith(head, 0, 'RIFF') && startsWith(head, 8, 'WEBP'), size: webpSize },
  { format: 'bmp', is: isBmp, size: bmpSize },
];

/**
 * Finds out what a picture is.
 * @param head its first bytes, {@link IMAGE_HEAD_BYTES} at most are of use
 * @returns undefined for what is no picture of a known format, null for one whose size cannot be found
 */
export function imageInfo(head: Uint8Array): ImageInfo | null | undefined {
  const found = formats.find(({ is }) => is(head));
  if (found === undefined) return undefined;
  try {
    const size = found.size(new DataView(head.buffer, head.byteOffset, head.byteLength), head);
    return size === undefined || size.width === 0 || size.height === 0 ? null : { format: found.format, ...size };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function startsWith(head: Uint8Array, at: number, text: string): boolean {
  if (head.length < at + text.length) return false;
  for (let i = 0; i < text.length; i++) if (head[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Segments follow each other until one of a frame, which has the size. */
function jpegSize(view: DataView): Size | undefined {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at++;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // The picture begins, or ends, and no frame has come.
    else if (marker === 0xda || marker === 0xd9) return undefined;
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
}

/** SOF0 to SOF15; three numbers between are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function webpSize(view: DataView, head: Uint8Array): Size | undefined {
  if (startsWith(head, 12, 'VP8X')) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
  if (startsWith(head, 12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return view.getUint8(20) === 0x2f
      ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
      : undefined;
  }
  if (!startsWith(head, 12, 'VP8 ') || !startsWith(head, 23, '\x9d\x01\x2a')) return undefined;
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** `BM` alone is a word: only with the length of a known header behind it is it a picture. */
function isBmp(head: Uint8Array): boolean {
  return startsWith(head, 0, 'BM') && head.length >= 18 && [12, 40, 52, 56, 64, 108, 124].includes(head[14]!);
}

function bmpSize(view: DataView): Size {
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  // Rows from the top down have a negative height.
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}
