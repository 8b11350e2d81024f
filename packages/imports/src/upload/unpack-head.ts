import { constants, createGunzip } from 'node:zlib'

import { createDecode, markedEncodingOf, type TextEncoding, type UploadEncoding } from './decode-text.ts'
import { explainGzip, isGzip } from './unpack-upload.ts'
import { INSPECTED_BYTES, isWholeFile } from './head-file.ts'

/** The beginning of a file as UTF-8 text, as {@link unpackUpload} would make it. */
export interface UnpackedHead {
  readonly text: Uint8Array
  readonly isWhole: boolean
  /** What the text was written in. */
  readonly encoding: TextEncoding
}

/** Throws an UnpackError. */
export async function unpackHead(head: Uint8Array, declared: UploadEncoding): Promise<UnpackedHead> {
  const isWhole = isWholeFile(head)
  const plain = isGzip(head) ? await gunzipHead(head, isWhole) : { bytes: head, isWhole }
  const encoding = markedEncodingOf(plain.bytes) ?? declared
  const text = createDecode(encoding)(Buffer.from(plain.bytes), plain.isWhole)
  return { text: Buffer.from(text), isWhole: plain.isWhole, encoding }
}

async function gunzipHead(head: Uint8Array, isWhole: boolean): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  // Of a file that goes on, what has been unpacked up to here is good.
  const gunzip = createGunzip(isWhole ? {} : { finishFlush: constants.Z_SYNC_FLUSH })
  const chunks: Uint8Array[] = []
  let bytes = 0
  gunzip.end(head)
  try {
    for await (const chunk of gunzip) {
      chunks.push(chunk as Uint8Array)
      bytes += (chunk as Uint8Array).length
      if (bytes >= INSPECTED_BYTES) break
    }
  } catch (error) {
    throw explainGzip(error)
  }
  const all = Buffer.concat(chunks)
  return { bytes: all.subarray(0, INSPECTED_BYTES), isWhole: isWhole && all.length < INSPECTED_BYTES }
}
