import { Readable } from 'node:stream'

import type { ColumnMapping } from '@importer/contracts'
import { FileTooLargeError, type FileStore, type StoredFile } from '@importer/file-store'
import { measureWorkbook, WorkbookError, type WorkbookSource } from '@importer/workbook'

import type { HeadStore } from '../upload/read-head.ts'
import { readMagic, UnpackError } from '../upload/unpack-upload.ts'
import { convertWorkbook, MAX_WORKBOOK_TEXT_BYTES, readWorkbookHead } from './workbook-text.ts'

/** An upload that is a workbook. */
export interface UploadedWorkbook {
  /** Why it cannot be read at all, as its table of contents shows; null: it may be read. */
  readonly fault: UnpackError | null
  /** Reading it costs so little that whoever took the upload may do it at once. */
  readonly isSmall: boolean
  /**
   * The beginning of its text, behind `skipLines` rows, whatever key is asked for. It is made when it is first read.
   * With `positions` the redemption's dates are shown as the import reads them. `signal` ends the reading.
   */
  openHead(
    rules: Pick<ColumnMapping, 'timeZone' | 'skipLines'> & Partial<Pick<ColumnMapping, 'positions'>>,
    signal?: AbortSignal,
  ): HeadStore
  /** Stores its text. Throws an UnpackError, or a FileTooLargeError above `maxBytes`. */
  store(conversion: Conversion): Promise<StoredFile>
}

export interface Conversion {
  readonly mapping: ColumnMapping
  /** The first row of the sheet that matters, from 1. */
  readonly firstRow: number
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/** How every workbook begins: as a zip archive does. */
export const WORKBOOK_MAGIC = Buffer.from('PK\u0003\u0004', 'latin1')
const MAX_PACKED_BYTES = 100 * 1024 * 1024
/** What a small one unpacks to: some thousands of rows, a tenth of a second. */
const SMALL_BYTES = 2 * 1024 * 1024
/** What may have to be unpacked for the names in a header: texts stand apart from the cells that name them. */
const MAX_HEAD_BYTES = 512 * 1024 * 1024

/** Text that is made of cells is shorter than its XML; longer by far is only what was made to be. */
const MAX_RATIO = 200
const RATIO_COUNTS_FROM_BYTES = 16 * 1024 * 1024

/**
 * Opens a stored upload that is known to begin as a workbook; one that is none after all has a `fault`. Throws a
 * FileTooLargeError for one over 100 MiB.
 */
export async function openUploadedWorkbook(store: FileStore, fileKey: string): Promise<UploadedWorkbook> {
  const bytes = await store.size(fileKey)
  if (bytes > MAX_PACKED_BYTES) throw new FileTooLargeError(MAX_PACKED_BYTES)
  const source = createSource(store, fileKey, bytes)
  const measured = await measure(source)
  return {
    fault: measured instanceof UnpackError ? measured : null,
    isSmall: typeof measured === 'number' && measured <= SMALL_BYTES,
    openHead({ skipLines = 0, ...mapping }, signal) {
      const limits = { firstRow: skipLines + 1, maxUnpackedBytes: MAX_HEAD_BYTES, signal }
      return createHeadStore(async () => explain(readWorkbookHead({ source, mapping, ...limits })))
    },
    async store(conversion) {
      const text = Readable.from(limitText(source, conversion), { objectMode: false })
      return explain(store.write(text, { maxBytes: conversion.maxBytes }))
    },
  }
}

async function measure(source: WorkbookSource): Promise<number | UnpackError> {
  return explain(measureWorkbook(source, { maxUnpackedBytes: MAX_HEAD_BYTES })).catch((error: unknown) => {
    if (error instanceof UnpackError) return error
    throw error
  })
}

async function* limitText(source: WorkbookSource, { mapping, firstRow, signal }: Conversion): AsyncGenerator<string> {
  let characters = 0
  for await (const text of convertWorkbook({
    source,
    mapping,
    firstRow,
    signal,
    maxUnpackedBytes: MAX_WORKBOOK_TEXT_BYTES,
  })) {
    characters += text.length
    if (characters > RATIO_COUNTS_FROM_BYTES && characters > source.bytes * MAX_RATIO) {
      throw new UnpackError(
        'COMPRESSION_RATIO_TOO_HIGH',
        `the table in the workbook is more than ${MAX_RATIO} times as large as its file; expected a table without empty columns far to the right`,
      )
    }
    yield text
  }
}

/** Whether a stored upload begins as every workbook does: what it costs to know that is a read of four bytes. */
export async function looksLikeWorkbook(store: FileStore, fileKey: string): Promise<boolean> {
  return (await readMagic(store, fileKey)).equals(WORKBOOK_MAGIC)
}

function createSource(store: FileStore, fileKey: string, bytes: number): WorkbookSource {
  return {
    bytes,
    read: (start, end) => (start < end ? store.read(fileKey, { start, end: end - 1 }) : Readable.from([])),
  }
}

function createHeadStore(make: () => Promise<Buffer>): HeadStore {
  let made: Promise<Buffer> | undefined
  const head = async (): Promise<Buffer> => (made ??= make())
  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    yield (await head()).subarray(start, end + 1)
  }
  return {
    read: (_key, { start = 0, end = Infinity } = {}) => Readable.from(read(start, end), { objectMode: false }),
    size: async () => (await head()).length,
  }
}

async function explain<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    if (error instanceof WorkbookError) throw new UnpackError(error.code, error.message, { cause: error })
    throw error
  })
}
