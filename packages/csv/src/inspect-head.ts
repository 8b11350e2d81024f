import { FILE_START, type ReadPosition } from './block-reader.ts'
import { KNOWN_DELIMITERS } from './delimiter.ts'
import { recognizeOtherKind } from './file-kind.ts'
import { findHeader, type DecisiveColumns } from './find-header.ts'
import { readFirstRecords } from './first-records.ts'
import { compareScores, scoreDelimiter } from './score-delimiter.ts'
import { readSepLine } from './sep-line.ts'

export type { DecisiveColumns }

/** How many of a file's first bytes an inspection wants. */
export const HEAD_BYTES = 256 * 1024

const EXAMINED_RECORDS = 100

export interface HeadInspection {
  readonly delimiter: string
  readonly hasHeader: boolean
  /** Where the header or, without one, the first record that may be a row is to be looked for: what is before carries none. */
  readonly start: ReadPosition
}

export type HeadResult =
  | ({ readonly ok: true } & HeadInspection)
  | { readonly ok: false; readonly code: 'EMPTY_FILE' | 'NOT_CSV'; readonly message: string }

/** What is already known of a file. */
export interface HeadOptions {
  readonly delimiter?: string | undefined
  readonly hasHeader?: boolean | undefined
  /** Where the head begins; the beginning of the file unless given. */
  readonly start?: ReadPosition | undefined
  /** It was made of a workbook: it is a table whatever it looks like, and a record counts as one line. */
  readonly isWorkbook?: boolean | undefined
}

/**
 * Says from a file's first bytes how the file is to be read, or why it cannot be.
 *
 * @param head the first {@link HEAD_BYTES} of the file, or all of a shorter one
 * @param complete whether that is the whole file
 */
export function inspectHead(
  head: Uint8Array,
  complete: boolean,
  columns: DecisiveColumns,
  options: HeadOptions = {},
): HeadResult {
  const { isWorkbook = false } = options
  const otherKind = refuseHead(head, complete, isWorkbook)
  if (otherKind !== undefined) return otherKind
  const at = options.start ?? FILE_START
  const sep = readSepLine(head, at)
  const start = sep?.next ?? at
  const body = head.subarray(start.byteOffset - at.byteOffset)

  const known = options.delimiter ?? sep?.delimiter
  const candidates = (known === undefined ? KNOWN_DELIMITERS : [known]).map((delimiter) => {
    const records = readFirstRecords(body, start, complete, delimiter, EXAMINED_RECORDS, isWorkbook)
    const found = options.hasHeader === false ? -1 : findHeader(records, columns, delimiter)
    // A header that was promised is there, whatever it looks like.
    const header = found === -1 && options.hasHeader === true && records.length > 0 ? 0 : found
    return { delimiter, records, header, score: scoreDelimiter(records, header, columns, delimiter) }
  })
  // The first of equals stays: the order of the known delimiters decides.
  const best = candidates.reduce((one, other) => (compareScores(other.score, one.score) > 0 ? other : one))
  const first = best.records[best.header]
  return {
    ok: true,
    delimiter: best.delimiter,
    hasHeader: first !== undefined,
    start: first === undefined ? start : { byteOffset: first.byteOffset, line: first.line },
  }
}

/** Why a file that begins so is no table; undefined when it may be one. */
export function refuseHead(
  head: Uint8Array,
  complete: boolean,
  isWorkbook = false,
): (HeadResult & { ok: false }) | undefined {
  if (complete && isBlank(head)) {
    const message = isWorkbook
      ? 'no sheet of the workbook has anything in it; expected a table with at least one row'
      : 'the file is empty; expected CSV with at least one row'
    return { ok: false, code: 'EMPTY_FILE', message }
  }
  if (isWorkbook) return undefined
  const kind = recognizeOtherKind(head)
  if (kind === undefined) return undefined
  const { name, remedy = 'expected CSV in UTF-8' } = kind
  return { ok: false, code: 'NOT_CSV', message: `the file looks like ${name}; ${remedy}` }
}

/** Whether there is nothing but byte order marks, blanks, line ends and Ctrl-Z. */
function isBlank(head: Uint8Array): boolean {
  return /^(?:\xef\xbb\xbf|[ \t\r\n\x1a])*$/.test(
    Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1'),
  )
}
