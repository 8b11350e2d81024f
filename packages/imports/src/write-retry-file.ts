import { Readable } from 'node:stream'

import { readRecords } from '@importer/csv'
import type { StoredFile } from '@importer/runtime'

import { readAllRejected, type RejectedRecordsSource } from './rejected-records.ts'

/**
 * Stores a file of an import's rejected rows as they were, byte by byte, under the import's own header. Its delimiter and
 * whether it has a header are those of the import: nothing has to be found out again. Throws a FileMissingError.
 */
export async function writeRetryFile(source: RejectedRecordsSource, maxBytes: number): Promise<StoredFile> {
  return source.store.write(Readable.from(copyRejected(source), { objectMode: false }), { maxBytes })
}

const LINE_END = Buffer.from('\n')

async function* copyRejected(source: RejectedRecordsSource): AsyncGenerator<Uint8Array> {
  const { delimiter, hasHeader } = source.importRecord
  if (delimiter === null || hasHeader === null) return
  if (hasHeader) yield* copyBytes(source, 0, await findHeaderEnd(source, delimiter))
  for await (const page of readAllRejected(source, delimiter)) {
    let run: { start: number; end: number } | null = null
    for (const { start, end } of page) {
      // Neighbours in the file are copied in one go.
      if (run !== null && run.end === start) run = { start: run.start, end }
      else {
        if (run !== null) yield* copyBytes(source, run.start, run.end)
        run = { start, end }
      }
    }
    if (run !== null) yield* copyBytes(source, run.start, run.end)
  }
}

async function findHeaderEnd({ store, importRecord }: RejectedRecordsSource, delimiter: string): Promise<number> {
  for await (const block of readRecords(store.read(importRecord.fileKey), { delimiter })) {
    return block.offsets[1] ?? block.endOffset
  }
  return 0
}

/** The bytes of whole records, with a line end behind them in any case. */
async function* copyBytes(
  { store, importRecord }: RejectedRecordsSource,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  if (end <= start) return
  let last: number | undefined
  for await (const chunk of store.read(importRecord.fileKey, { start, end: end - 1 })) {
    const bytes = chunk as Uint8Array
    last = bytes.at(-1)
    yield bytes
  }
  if (last !== 0x0a && last !== 0x0d) yield LINE_END
}
