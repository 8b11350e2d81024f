import { TextDecoder } from 'node:util'

import type { UploadOptions } from '@importer/contracts'

import { isReportHeader } from '../rules/read-cell.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'
import { listHeaders } from './header-records.ts'
import { HeadFile, INSPECTED_BYTES } from './head-file.ts'
import { readHead, type FileHead, type HeadStore } from './read-head.ts'
import { unpackHead } from './unpack-head.ts'
import type { UploadEncoding } from './decode-text.ts'
import { readUnpacked } from './unpack-upload.ts'

/** What an upload says of how its file is to be read. */
export type ReadingOptions = Pick<UploadOptions, 'delimiter' | 'encoding' | 'hasHeader' | 'skipLines'>

interface SentFile {
  readonly store: HeadStore
  readonly fileKey: string
  /** `store` gives the text that was made of a workbook. */
  readonly isWorkbook?: boolean
}

/**
 * Corrects the options of an upload whose file is one of our reports, sent again with the options of the first upload: a report begins with
 * its header, and has a delimiter and an encoding of its own, packed or not. Returns the options of any other file as they are. Throws an
 * UnpackError.
 */
export async function readAsSentReport<Options extends ReadingOptions>(
  { store, fileKey, isWorkbook = false }: SentFile,
  options: Options,
): Promise<Options> {
  const { delimiter, encoding, hasHeader, skipLines } = options
  // A workbook is read without a delimiter and an encoding.
  const isFound = isWorkbook || (delimiter === 'auto' && encoding === 'utf-8')
  if (isFound && hasHeader !== 'false' && skipLines === 0) return options
  const found = isWorkbook
    ? findReport(await readHead(store, fileKey), true)
    : await findInText(store, fileKey, encoding)
  if (found === null) return options
  return {
    ...options,
    delimiter: isWorkbook ? delimiter : found.delimiter,
    encoding: found.encoding ?? encoding,
    hasHeader: 'true',
    skipLines: 0,
  }
}

interface FoundReport {
  readonly delimiter: string
  /** Undefined: the one that was declared. */
  readonly encoding?: 'utf-8'
}

/** The report is ours, in UTF-8, unless a spreadsheet has saved it: with a mark that is believed, or in the encoding that was declared. */
async function findInText(store: HeadStore, fileKey: string, declared: UploadEncoding): Promise<FoundReport | null> {
  const bytes = await readBytes(store, fileKey)
  for (const encoding of new Set<UploadEncoding>(['utf-8', declared])) {
    const { text, encoding: written } = await unpackHead(bytes, encoding)
    const found = findReport(await readHead(new HeadFile(text, true), fileKey), false)
    if (found === null) continue
    const isOurs = written === 'utf-8' && (declared === 'utf-8' || (await isUtf8(store, fileKey)))
    return isOurs ? { ...found, encoding: 'utf-8' } : found
  }
  return null
}

function findReport(head: FileHead, isWorkbook: boolean): FoundReport | null {
  const headers = listHeaders(head, isWorkbook ? WORKBOOK_DELIMITER : undefined, isWorkbook)
  // The first record under each delimiter.
  const found = headers.find(
    ({ names, delimiter }, index) => headers[index - 1]?.delimiter !== delimiter && isReportHeader(names),
  )
  return found === undefined ? null : { delimiter: found.delimiter }
}

async function readBytes(store: HeadStore, fileKey: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(fileKey, { start: 0, end: INSPECTED_BYTES - 1 }))
    chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

async function isUtf8(store: HeadStore, fileKey: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isValid = true
  // To its end in any case: a consumer that stops earlier hides its reason behind an AbortError.
  await readUnpacked(store, fileKey, async (bytes) => {
    for await (const chunk of bytes) isValid &&= decodes(decoder, chunk)
  })
  return isValid
}

function decodes(decoder: TextDecoder, chunk: Uint8Array): boolean {
  try {
    decoder.decode(chunk, { stream: true })
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
