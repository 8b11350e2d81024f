import { createDecode, markedEncodingOf } from './unpack-upload.ts'

/** As many as tell a mark of UTF-16 from one of UTF-32. */
const MARK_BYTES = 4

/** A stream of text as UTF-8: that of UTF-16 is known by its byte order mark, every other is passed on as it is. */
export async function* decodeMarked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0)
  let decode: ReturnType<typeof createDecode> | null = null
  for await (const chunk of source) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (decode === null) {
      head = bytes = Buffer.concat([head, bytes])
      if (head.length < MARK_BYTES) continue
      decode = createDecode(markedEncodingOf(head) ?? 'utf-8')
    }
    yield asBytes(decode(bytes, false))
  }
  // Of less than a mark's bytes nothing was passed on yet.
  if (decode === null) yield asBytes(createDecode(markedEncodingOf(head) ?? 'utf-8')(head, true))
  else yield asBytes(decode(Buffer.alloc(0), true))
}

function asBytes(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text
}
