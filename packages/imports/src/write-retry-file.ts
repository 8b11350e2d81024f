import { Readable } from 'node:stream'

import { codeOf, type RetryOptions } from '@importer/contracts'
import { readRecords, writeCsvRow } from '@importer/csv'
import type { StoredFile } from '@importer/runtime'

import { ByteTrail } from './byte-trail.ts'
import { createCorrector, findColumns } from './correct-record.ts'
import { readAllRejected, type RejectedRecordsSource } from './rejected-records.ts'

/** As much as an upload may have unless it is told otherwise. */
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
  const { delimiter, hasHeader, mapping } = source.importRecord
  if (delimiter === null || hasHeader === null) return
  const { codes = null, corrections = [] } = options ?? {}
  const { positionOf } = findColumns(corrections, mapping.positions, await readHeaderNames(source))
  const correct = createCorrector(corrections, positionOf)
  if (hasHeader) yield await copyHeader(source, delimiter)
  let gathered: Uint8Array[] = []
  let bytes = 0
  for await (const records of readAllRejected(source, { delimiter })) {
    for (const record of records) {
      const { rowNumber, cells, errors, malformed } = record
      if (codes !== null && !errors.some((error) => codes.includes(codeOf(error)))) continue
      const corrected = correct(rowNumber, cells, malformed)
      if (corrected === 'dropped') continue
      const row = corrected === 'unchanged' ? record.copyBytes() : Buffer.from(writeCsvRow(corrected, { delimiter }))
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

/** The names in the header of an import's file; none where it has no header. Throws a FileMissingError. */
export async function readHeaderNames({
  store,
  importRecord: { fileKey, delimiter, hasHeader },
}: Pick<RejectedRecordsSource, 'store' | 'importRecord'>): Promise<readonly string[]> {
  if (delimiter === null || hasHeader !== true) return []
  for await (const { cells } of readRecords(store.read(fileKey), { delimiter })) return cells[0] ?? []
  return []
}

async function copyHeader({ store, importRecord }: RejectedRecordsSource, delimiter: string): Promise<Uint8Array> {
  const trail = new ByteTrail(0)
  for await (const block of readRecords(trail.follow(store.read(importRecord.fileKey)), { delimiter })) {
    return trail.copy(0, block.offsets[1] ?? block.endOffset)
  }
  return new Uint8Array()
}
