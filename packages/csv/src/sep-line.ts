import { isDelimiter } from './delimiter.ts'
import type { ReadPosition } from './block-reader.ts'

/** Latin-1, in which a byte order mark is three characters. */
const SEP_LINE = /^(?:\xef\xbb\xbf)?"?sep=(?<delimiter>[^\r\n])"?[ \t;,|]*(?:\r\n|\r|\n|$)/i
const MAX_SEP_LINE_BYTES = 64

export interface SepLine {
  /** Undefined where it names a character that cannot be one. */
  readonly delimiter: string | undefined
  /** Where the file goes on. */
  readonly next: ReadPosition
}

/** A first line `sep=;`, by which spreadsheets learn the delimiter; undefined where the bytes at `at` begin otherwise. */
export function readSepLine(bytes: Uint8Array, at: ReadPosition): SepLine | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_SEP_LINE_BYTES)).toString(
    'latin1',
  )
  const match = SEP_LINE.exec(text)
  if (match === null) return undefined
  const delimiter = match.groups?.['delimiter'] ?? ''
  return {
    delimiter: isDelimiter(delimiter) ? delimiter : undefined,
    next: { byteOffset: at.byteOffset + match[0].length, line: at.line + 1 },
  }
}
