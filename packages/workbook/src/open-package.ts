import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'

import yauzl from 'yauzl'

import { SourceReader, type WorkbookSource } from './source-reader.ts'
import { invalidWorkbook, WorkbookError } from './workbook-error.ts'

/** The parts of an .xlsx file (a zip archive, ECMA-376 part 2), each read as a stream of bytes. */
export interface WorkbookPackage {
  has(part: string): boolean
  /** What a part unpacks to, as the archive says; 0: there is none. */
  bytesOf(part: string): number
  /** Throws a WorkbookError where there is none, where it is broken, or where all parts unpack to too much. */
  read(part: string): AsyncGenerator<Buffer>
  close(): void
}

/** A real workbook has a dozen parts, one of 300 sheets with drawings 2,000; each costs a kilobyte, and what its entry says. */
const MAX_PARTS = 2_000
const MAX_ENTRIES_BYTES = 500_000
/** What a table of contents has is read without waiting for anything: after so many parts all else goes first. */
const PARTS_AT_ONCE = 25
/** XML of numbers packs by 10 to 30; by 1,000 only what was made to. */
const MAX_RATIO = 200
const RATIO_COUNTS_FROM_BYTES = 16 * 1024 * 1024

/** `maxBytes`: what all that is read may unpack to. */
export async function openPackage(source: WorkbookSource, maxBytes: number): Promise<WorkbookPackage> {
  const zip = await yauzl
    .fromRandomAccessReaderPromise(new SourceReader(source), source.bytes, { lazyEntries: true, autoClose: false })
    .catch((error: unknown) => {
      throw explainDamage('its table of contents is damaged or missing', error)
    })
  const entries = await readEntries(zip)
  let unpacked = 0

  function count(bytes: number): void {
    unpacked += bytes
    const isDense = unpacked > RATIO_COUNTS_FROM_BYTES && unpacked > source.bytes * MAX_RATIO
    if (isDense || unpacked > maxBytes) throw tooDense()
  }

  async function* read(part: string): AsyncGenerator<Buffer> {
    const entry = entries.get(keyOf(part))
    if (entry === undefined) throw invalidWorkbook(`the part ${part} is missing`)
    if (entry.isEncrypted()) throw invalidWorkbook('it is protected by a password')
    const stream = await zip.openReadStreamPromise(entry).catch((error: unknown) => {
      throw explainDamage(`the part ${part} is damaged`, error)
    })
    let bytes = 0
    let checksum = 0
    try {
      for await (const piece of stream) {
        const chunk = piece as Buffer
        bytes += chunk.length
        checksum = crc32(chunk, checksum)
        if (bytes > RATIO_COUNTS_FROM_BYTES && bytes > entry.compressedSize * MAX_RATIO) throw tooDense()
        count(chunk.length)
        yield chunk
      }
      if (checksum !== entry.crc32) throw invalidWorkbook(`the part ${part} is damaged: its checksum differs`)
    } catch (error) {
      throw explainDamage(`the part ${part} is damaged`, error)
    } finally {
      stream.destroy()
    }
  }

  return {
    has: (part) => entries.has(keyOf(part)),
    bytesOf: (part) => entries.get(keyOf(part))?.uncompressedSize ?? 0,
    read,
    close: () => zip.close(),
  }
}

async function readEntries(zip: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  if (zip.entryCount > MAX_PARTS) {
    throw invalidWorkbook(`it has ${zip.entryCount} parts, more than ${MAX_PARTS}`)
  }
  const entries = new Map<string, yauzl.Entry>()
  let bytes = 0
  try {
    for await (const entry of zip.eachEntry()) {
      bytes += entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength
      if (bytes > MAX_ENTRIES_BYTES) throw invalidWorkbook('its parts have names or notes that are too long')
      entries.set(keyOf(entry.fileName), entry)
      if (entries.size % PARTS_AT_ONCE === 0) await setImmediate()
    }
  } catch (error) {
    throw explainDamage('its table of contents is damaged', error)
  }
  return entries
}

/** Names of parts are the same without case (ECMA-376 part 2, 6.2.2.3). */
function keyOf(part: string): string {
  return part.replaceAll('\\', '/').toLowerCase()
}

function tooDense(): WorkbookError {
  return new WorkbookError(
    'COMPRESSION_RATIO_TOO_HIGH',
    `the workbook unpacks to more than ${MAX_RATIO} times its size, or to more than an upload may have; expected a table`,
  )
}

/** What zlib or yauzl found wrong, which gives its errors no code; what the source throws is passed on as it is. */
function explainDamage(reason: string, error: unknown): unknown {
  if (error instanceof WorkbookError || !(error instanceof Error)) return error
  const { code } = error as { code?: unknown }
  const isZipFault = typeof code === 'string' ? code.startsWith('Z_') : error.constructor === Error
  return isZipFault ? invalidWorkbook(reason, error) : error
}
