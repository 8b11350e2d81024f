import type { UploadOptions } from '@importer/contracts'

import { isReportHeader } from '../rules/read-cell.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'
import { listHeaders } from './header-records.ts'
import { readHead, type HeadStore } from './read-head.ts'

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
 * its header, and has a delimiter and an encoding of its own. Returns the options of any other file as they are.
 */
export async function readAsSentReport<Options extends ReadingOptions>(
  { store, fileKey, isWorkbook = false }: SentFile,
  options: Options,
): Promise<Options> {
  const { delimiter, encoding, hasHeader, skipLines } = options
  // A workbook is read without a delimiter and an encoding.
  const isFound = isWorkbook || (delimiter === 'auto' && encoding === 'utf-8')
  if (isFound && hasHeader !== 'false' && skipLines === 0) return options
  const head = await readHead(store, fileKey)
  const headers = listHeaders(head, isWorkbook ? WORKBOOK_DELIMITER : undefined, isWorkbook)
  // The first record under each delimiter.
  const found = headers.find(
    ({ names, delimiter: own }, index) => headers[index - 1]?.delimiter !== own && isReportHeader(names),
  )
  if (found === undefined) return options
  // A spreadsheet may have saved it in another encoding.
  const isOurs = encoding === 'utf-8' || isWorkbook || (await isUtf8(store, fileKey))
  return {
    ...options,
    delimiter: isWorkbook ? delimiter : found.delimiter,
    encoding: isOurs ? 'utf-8' : encoding,
    hasHeader: 'true',
    skipLines: 0,
  }
}

async function isUtf8(store: HeadStore, fileKey: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of store.read(fileKey)) decoder.decode(chunk as Uint8Array, { stream: true })
    return true
  } catch (error) {
    // Of the decoder; what the store throws is no TypeError.
    if (error instanceof TypeError) return false
    throw error
  }
}
