import type { ImportFailure } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'
import { FileTooLargeError, type StoredFile } from '@importer/file-store'

import type { PreparationOptions } from '../prepare/prepare-import.ts'
import { UnpackError } from '../upload/unpack-upload.ts'
import { openUploadedWorkbook } from './open-upload.ts'
import { MAX_WORKBOOK_TEXT_BYTES } from './workbook-text.ts'

/**
 * Stores the text of an import's workbook, which intake has found it to be; the import goes by the hash of the workbook.
 * Throws what {@link describeWorkbookFailure} knows.
 */
export async function makeWorkbookText(
  { store, signal }: PreparationOptions,
  { upload, mapping, delimiter, start }: ImportRecord,
): Promise<Omit<StoredFile, 'sha256'>> {
  const workbook = await openUploadedWorkbook(store, upload.fileKey)
  if (workbook.fault !== null) throw workbook.fault
  const firstRow = firstRowOf(mapping.skipLines, delimiter === null ? undefined : start.line)
  const stored = await workbook.store({ mapping, firstRow, maxBytes: MAX_WORKBOOK_TEXT_BYTES, signal })
  return { key: stored.key, bytes: stored.bytes, checksums: stored.checksums }
}

/**
 * The first row of a sheet whose text is wanted, from 1: the header's, where it is known (`headerLine`), else the first
 * behind those that are skipped. Rows before it are empty lines, so that the header's place does not depend on them.
 */
export function firstRowOf(skipLines = 0, headerLine = 1): number {
  return Math.max(skipLines + 1, headerLine)
}

/** Why the text of a workbook that is there cannot be made; null: another attempt may make it. */
export function describeWorkbookFailure(error: unknown): ImportFailure | null {
  if (error instanceof UnpackError) return { code: 'NOT_CSV', message: error.message }
  if (error instanceof FileTooLargeError) {
    const message = `The table in the workbook is larger than ${error.maxBytes} bytes; upload it in parts.`
    return { code: 'NOT_CSV', message }
  }
  return null
}
