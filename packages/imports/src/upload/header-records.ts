import { KNOWN_DELIMITERS, readFirstRecords, readSepLine, trimCell, type ReadPosition } from '@importer/csv'

import { createColumnFinder, type ColumnFinder } from './find-named-column.ts'
import { isReportHeader, unguardReportCell } from '../rules/read-cell.ts'
import type { FileHead } from './read-head.ts'

/** Among so many records that are not empty the names of columns are looked for. */
const HEADER_RECORDS = 10

/** A record at a file's beginning that may hold the names of its columns. */
export interface PossibleHeader {
  readonly delimiter: string
  readonly start: ReadPosition
  /** Its cells, trimmed. */
  readonly names: readonly string[]
  readonly find: ColumnFinder
}

/** The first records under each delimiter, or under the one that is known. */
export function listHeaders(
  { head, complete, start: at }: FileHead,
  delimiter: string | undefined,
  isWorkbook: boolean,
): PossibleHeader[] {
  const sep = readSepLine(head, at)
  const start = sep?.next ?? at
  const body = head.subarray(start.byteOffset - at.byteOffset)
  const known = delimiter ?? sep?.delimiter
  return (known === undefined ? KNOWN_DELIMITERS : [known]).flatMap((candidate) =>
    readFirstRecords(body, start, complete, candidate, HEADER_RECORDS, isWorkbook).map(
      ({ cells, byteOffset, line }) => {
        // A report for spreadsheets puts its ' before names that look like numbers or dates, too.
        const names = (cells ?? []).map(isReportHeader(cells ?? []) ? unguardReportCell : trimCell)
        return { delimiter: candidate, start: { byteOffset, line }, names, find: createColumnFinder(names) }
      },
    ),
  )
}
