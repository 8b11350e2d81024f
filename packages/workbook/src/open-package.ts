import type { Readable } from 'node:stream'

import yauzl from 'yauzl'

import { invalidWorkbook, WorkbookError } from './workbook-error.ts'

/** A stored file that can be read from anywhere. */
export interface WorkbookSource {
  readonly bytes: number
  /** The bytes from `start` up to but not including `end`. */
  read(start: number, end: number): Readable
}

/** The parts of an .xlsx file (a zip archive, ECMA-376 part 2), each read as a stream of bytes. */
export interface WorkbookPackage {
  has(part: string): boolean
  /** Throws a WorkbookError where there is none, where it is broken, or where all parts unpack to too much. */
  read(part: string): AsyncGenerator<Buffer>
  close(): void
}

/** A real workbook has a dozen parts; each costs memory. */
const MAX_PARTS = 10_000
/** XML of numbers packs by 10 to 30; by 1,000 only what was made to. */
const MAX_RATIO = 200
const RATIO_COUNTS_FROM_BYTES = 16 * 1024 * 1024

class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: WorkbookSource

  constructor(source: WorkbookSource) {
    super()
    this.#source = source
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.#source.read(start, end)
  }
}

/** `maxBytes`: what all that is read may unpack to. */
export async function openPackage(source: WorkbookSource, maxBytes: number): Promise<WorkbookPackage> {
  const zip = await yauzl
    .fromRandomAccessReaderPromise(new SourceReader(source), source.bytes, { lazyEntries: true, autoClose: false })
    .catch((error: unknown) => {
      throw invalidWorkbook('its table of contents is damaged or missing', error)
    })
  if (zip.entryCount > MAX_PARTS) throw invalidWorkbook(`it has ${zip.entryCount} parts`)
  const entries = new Map<string, yauzl.Entry>()
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry)
  } catch (error) {
    throw invalidWorkbook('its table of contents is damaged', error)
  }
  let unpacked = 0

  async function* read(part: string): AsyncGenerator<Buffer> {
    const entry = entries.get(part)
    if (entry === undefined) throw invalidWorkbook(`the part ${part} is missing`)
    if (entry.isEncrypted()) throw invalidWorkbook('it is protected by a password')
    const stream = await zip.openReadStreamPromise(entry).catch((error: unknown) => {
      throw invalidWorkbook(`the part ${part} is damaged`, error)
    })
    let bytes = 0
    try {
      for await (const chunk of stream) {
        bytes += (chunk as Buffer).length
        unpacked += (chunk as Buffer).length
        if (bytes > RATIO_COUNTS_FROM_BYTES && bytes > entry.compressedSize * MAX_RATIO) throw tooDense()
        if (unpacked > maxBytes) throw tooDense()
        yield chunk as Buffer
      }
    } catch (error) {
      if (error instanceof WorkbookError || !isZipFault(error)) throw error
      throw invalidWorkbook(`the part ${part} is damaged`, error)
    } finally {
      stream.destroy()
    }
  }

  return { has: (part) => entries.has(part), read, close: () => zip.close() }
}

function tooDense(): WorkbookError {
  return new WorkbookError(
    'COMPRESSION_RATIO_TOO_HIGH',
    `the workbook unpacks to more than ${MAX_RATIO} times its size, or to more than an upload may have; expected a table`,
  )
}

/** Of zlib or of yauzl, which gives its errors no code; what the source throws is passed on as it is. */
function isZipFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code.startsWith('Z_') : error.constructor === Error
}
