import { mandatoryKeys, type ColumnMapping } from '@importer/contracts'
import { inspectHead, readRecords, type HeadResult } from '@importer/csv'
import type { ImportRecord, ReadingDialect } from '@importer/db'
import type { FileStore } from '@importer/file-store'

import { readHead, type HeadStore } from './read-head.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'

/** What an upload says itself of how its file is to be read. */
export interface WantedDialect {
  readonly delimiter?: string | undefined
  readonly hasHeader?: boolean | undefined
}

/** Says by a stored file's first bytes how it is to be read, or why it cannot be. Throws a FileMissingError. */
export async function findDialect(
  store: HeadStore,
  fileKey: string,
  { customerIdentifier, couponIdentifier, positions, skipLines = 0, isWorkbook }: ColumnMapping,
  wanted: WantedDialect = {},
): Promise<HeadResult> {
  const { head, complete, start } = await readHead(store, fileKey, skipLines)
  if (skipLines > 0 && complete && head.length === 0) {
    return {
      ok: false,
      code: 'EMPTY_FILE',
      message: `the file has nothing behind its first ${skipLines} lines; expected CSV behind as many lines as skipLines says`,
    }
  }
  const decisive = {
    date: positions.redeemedDateInMillis ?? 0,
    till: positions.redeemedAt ?? 0,
    lastMandatory: Math.max(...mandatoryKeys(customerIdentifier, couponIdentifier).map((key) => positions[key] ?? 0)),
  }
  const delimiter = isWorkbook ? WORKBOOK_DELIMITER : wanted.delimiter
  return inspectHead(head, complete, decisive, { ...wanted, delimiter, start, isWorkbook })
}

/** How an import's file is read; null until that has been found out. */
export function dialectOf({ delimiter, hasHeader, start }: ImportRecord): ReadingDialect | null {
  return delimiter === null || hasHeader === null ? null : { delimiter, hasHeader, start }
}

/** The cells of the file's own header, or undefined when it has none. Throws a FileMissingError. */
export async function readHeader(
  store: HeadStore,
  fileKey: string,
  { delimiter, hasHeader, start }: ReadingDialect,
): Promise<readonly string[] | undefined> {
  if (!hasHeader) return undefined
  const bytes = store.read(fileKey, { start: start.byteOffset }) as AsyncIterable<Uint8Array>
  for await (const { cells } of readRecords(bytes, { delimiter, from: start })) {
    const [header] = cells
    if (header !== undefined) return header
  }
  return undefined
}

/** How an import's file is read, with the cells of its header, where it has one: such a record carries no row. */
export interface OpenedDialect extends ReadingDialect {
  readonly header: readonly string[] | undefined
  /** Of a workbook: a record counts as one line, however many line ends are in its cells. */
  readonly recordsAreLines: boolean
}

/** Null until it has been found out how the file is read. Throws a FileMissingError. */
export async function openDialect(store: FileStore, importRecord: ImportRecord): Promise<OpenedDialect | null> {
  const { fileKey, mapping } = importRecord
  const dialect = dialectOf(importRecord)
  if (dialect === null || importRecord.toPrepare) return null
  const header = await readHeader(store, fileKey, dialect)
  return { ...dialect, header, recordsAreLines: mapping.isWorkbook === true }
}
