import { Readable } from 'node:stream'

import { readRecords } from '@importer/csv'
import type { StoredFile } from '@importer/runtime'

import { ByteTrail } from './byte-trail.ts'
import { readAllRejected, type RejectedRecordsSource } from './rejected-records.ts'

/**
 * Stores a file of an import's rejected rows as they were, byte by byte, under the import's own header. Its delimiter and
 * whether it has a header are those of the import: nothing has to be found out again. Throws a FileMissingError.
 */
export async function writeRetryFile(source: RejectedRecordsSource, maxBytes: number): Promise<StoredFile> {
  return source.store.write(Readable.from(copyRejected(source), { objectMode: false }), { maxBytes })
}

/** What is gathered for one piece. */
const PIECE_BYTES = 256 * 1024

async function* copyRejected(source: RejectedRecordsSource): AsyncGenerator<Uint8Array> {
  const { delimiter, hasHeader } = source.importRecord
  if (delimiter === null || hasHeader === null) return
  if (hasHeader) yield await copyHeader(source, delimiter)
  let gathered: Uint8Array[] = []
  let bytes = 0
  for await (const records of readAllRejected(source, { delimiter })) {
    for (const record of records) {
      const copied = record.copyBytes()
      gathered.push(copied)
      bytes += copied.length
      if (bytes < PIECE_BYTES) continue
      yield Buffer.concat(gathered)
      gathered = []
      bytes = 0
    }
  }
  yield Buffer.concat(gathered)
}

async function copyHeader({ store, importRecord }: RejectedRecordsSource, delimiter: string): Promise<Uint8Array> {
  const trail = new ByteTrail(0)
  for await (const block of readRecords(trail.follow(store.read(importRecord.fileKey)), { delimiter })) {
    return trail.copy(0, block.offsets[1] ?? block.endOffset)
  }
  return new Uint8Array()
}
