import { readRecords } from '@importer/csv'

import type { OpenedDialect } from '../upload/find-dialect.ts'
import type { HeadStore } from '../upload/read-head.ts'
import type { FirstRow } from './check-rows.ts'
import { FILE_KEY } from './find-reading.ts'
import { HeadEndError } from '../upload/head-file.ts'

const FIRST_ROWS = 20

/** The first records that carry a row, as the importer reads them; fewer where what is there of the file ends before. */
export async function readFirstRows(
  files: HeadStore,
  { delimiter, header, start, recordsAreLines }: OpenedDialect,
): Promise<readonly FirstRow[]> {
  const rows: FirstRow[] = []
  const bytes = files.read(FILE_KEY, { start: start.byteOffset }) as AsyncIterable<Uint8Array>
  const reading = { delimiter, from: start, header, recordsAreLines }
  try {
    for await (const { cells, faults, offsets, lines } of readRecords(bytes, reading)) {
      cells.slice(0, FIRST_ROWS - rows.length).forEach((record, index) => {
        rows.push({
          rowNumber: rows.length + 1,
          line: lines[index] ?? 0,
          byteOffset: offsets[index] ?? 0,
          cells: record,
          fault: faults.get(index),
        })
      })
      if (rows.length === FIRST_ROWS) return rows
    }
  } catch (error) {
    if (!(error instanceof HeadEndError)) throw error
  }
  return rows
}
