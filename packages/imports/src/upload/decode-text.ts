export type UploadEncoding = 'utf-8' | 'windows-1252' | 'utf-16le'

export type TextEncoding = UploadEncoding | 'utf-16be'

/** What a byte order mark says of the text behind it: it is believed, whatever was declared. That of UTF-32 begins as one of UTF-16. */
export function markedEncodingOf(head: Uint8Array): TextEncoding | undefined {
  const isUtf32 = head.length >= 4 && head[2] === 0 && head[3] === 0
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8'
  if (head[0] === 0xff && head[1] === 0xfe && !isUtf32) return 'utf-16le'
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined
}

/** As many as tell a mark of UTF-16 from one of UTF-32. */
const MARK_BYTES = 4

/** A stream of text as UTF-8. Its encoding is what a byte order mark says, else the declared one. */
export async function* decodeText(
  source: AsyncIterable<Uint8Array>,
  declared: UploadEncoding,
): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0)
  let decode: Decode | null = null
  for await (const chunk of source) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (decode === null) {
      head = bytes = Buffer.concat([head, bytes])
      if (head.length < MARK_BYTES) continue
      decode = createDecode(markedEncodingOf(head) ?? declared)
    }
    yield asBytes(decode(bytes, false))
  }
  // Of less than a mark's bytes nothing was passed on yet.
  if (decode === null) yield asBytes(createDecode(markedEncodingOf(head) ?? declared)(head, true))
  else yield asBytes(decode(Buffer.alloc(0), true))
}

function asBytes(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text
}

type Decode = (chunk: Buffer, last: boolean) => string | Buffer

const passOn: Decode = (chunk) => chunk

export function createDecode(encoding: TextEncoding): Decode {
  if (encoding === 'utf-8') return passOn
  if (encoding === 'windows-1252') return decodeWindows1252
  // A half pair at the end of a piece is kept for the next one; what is no UTF-16 becomes U+FFFD.
  const decoder = new TextDecoder(encoding)
  return (chunk, last) => decoder.decode(chunk, { stream: !last })
}

/** 0x80 to 0x9f, where windows-1252 is not Latin-1: https://encoding.spec.whatwg.org/index-windows-1252.txt */
const WINDOWS_1252_HIGH =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

/** By hand: the TextDecoder of Node 20 takes it for Latin-1 when it is given everything at once. */
function decodeWindows1252(chunk: Buffer): string {
  return chunk
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (character) => WINDOWS_1252_HIGH[character.charCodeAt(0) - 0x80] ?? character)
}
