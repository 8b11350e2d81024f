import { Readable } from 'node:stream'

import { codeOf, type RetryOptions } from '@importer/contracts'
import { readRecords, writeCsvRow } from '@importer/csv'
import type { ReadingDialect } from '@importer/db'
import type { StoredFile } from '@importer/file-store'

import { ByteTrail } from '../reports/byte-trail.ts'
import { dialectOf, readHeader } from '../upload/find-dialect.ts'
import { createCorrector, findColumns } from './correct-record.ts'
import { isReportHeader } from '../rules/read-cell.ts'
import { readAllRejected, type RejectedRecord, type RejectedRecordsSource } from '../reports/rejected-records.ts'

/** As much as an upload may have unless it is set otherwise. */
const MAX_BYTES = 5 * 1024 ** 3
/** What is gathered for one piece. */
const PIECE_BYTES = 256 * 1024

/**
 * Stores a file of an import's rejected rows, under the import's own header: of all or of those with the given codes, as
 * they were, byte by byte, or corrected. Its delimiter and whether it has a header are those of the import: nothing has to
 * be found out again. The file is read once, beside the rejected rows. Throws a FileMissingError or a FileTooLargeError.
 */
export async function writeRetryFile(source: RejectedRecordsSource, options: RetryOptions | null): Promise<StoredFile> {
  const rows = Readable.from(copyRejected(source, options), { objectMode: false })
  return source.store.write(rows, { maxBytes: MAX_BYTES })
}

async function* copyRejected(source: RejectedRecordsSource, options: RetryOptions | null): AsyncGenerator<Uint8Array> {
  const { mapping, fileKey } = source.importRecord
  const dialect = dialectOf(source.importRecord)
  if (dialect === null) return
  const { delimiter } = dialect
  const header = await readHeader(source.store, fileKey, dialect)
  const { codes = null, corrections = [] } = options ?? {}
  const { positionOf } = findColumns(corrections, mapping.positions, header ?? [])
  const correct = createCorrector(corrections, positionOf, isReportHeader(header))
  const copy = createRowCopier(delimiter)
  if (header !== undefined) yield await copyHeader(source, dialect)
  let gathered: Uint8Array[] = []
  let bytes = 0
  for await (const records of readAllRejected(source, { delimiter, header })) {
    for (const record of records) {
      const { rowNumber, cells, errors, malformed } = record
      if (codes !== null && !errors.some((error) => codes.includes(codeOf(error)))) continue
      const corrected = correct(rowNumber, cells, malformed)
      if (corrected === 'dropped') continue
      const row = corrected === 'unchanged' ? copy(record) : Buffer.from(writeCsvRow(corrected, { delimiter }))
      gathered.push(row)
      bytes += row.length
      if (bytes < PIECE_BYTES) continue
      yield Buffer.concat(gathered)
      gathered = []
      bytes = 0
    }
  }
  yield Buffer.concat(gathered)
}

const QUOTE = 0x22

/**
 * Copies rows as they stand in the file. One that could not be split may have opened a quote, which a bare one in a later row would
 * close, and the two would be one row: behind such a row, one that has a quote is written anew, with each of these cells quoted.
 */
function createRowCopier(delimiter: string): (record: RejectedRecord) => Uint8Array {
  let isBehindMalformed = false
  return (record) => {
    const bytes = record.copyBytes()
    isBehindMalformed ||= record.malformed
    const mayClose = isBehindMalformed && !record.malformed && bytes.includes(QUOTE)
    return mayClose ? Buffer.from(writeCsvRow(record.cells, { delimiter })) : bytes
  }
}

/** The names in the header of an import's file; none where it has no header. Throws a FileMissingError. */
export async function readHeaderNames({
  store,
  importRecord,
}: Pick<RejectedRecordsSource, 'store' | 'importRecord'>): Promise<readonly string[]> {
  const dialect = dialectOf(importRecord)
  return dialect === null ? [] : ((await readHeader(store, importRecord.fileKey, dialect)) ?? [])
}

async function copyHeader(
  { store, importRecord }: RejectedRecordsSource,
  { delimiter, start }: ReadingDialect,
): Promise<Uint8Array> {
  const trail = new ByteTrail(start.byteOffset)
  const bytes = trail.follow(store.read(importRecord.fileKey, { start: start.byteOffset }))
  for await (const { offsets, endOffset } of readRecords(bytes, { delimiter, from: start })) {
    const [from, to = endOffset] = offsets
    if (from !== undefined) return trail.copy(from, to)
  }
  return new Uint8Array()
}
