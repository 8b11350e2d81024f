import type { ImportRecord } from '@importer/db'
import { MAX_WORKBOOK_ROWS, streamErrorWorkbook, streamOutcomeReport, type ReportForm } from '@importer/imports'
import { FileMissingError } from '@importer/file-store'
import type { Request, Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { readRange } from '../http/read-range.ts'
import { streamAnswer } from '../http/stream-answer.ts'

/** The reports of an import: their file names and the outcome whose rows they hold. */
export const REPORTS = {
  'errors.csv': 'rejected',
  'inserted.csv': 'inserted',
  'duplicates.csv': 'duplicate',
  'unprocessed.csv': 'unprocessed',
} as const

export type ReportName = keyof typeof REPORTS

/** How a report is written. */
export interface ReportFormat {
  readonly form: Exclude<ReportForm, 'workbook'>
  readonly delimiter: string
}

/** Sends the rows of one outcome as CSV, made while it is sent. */
export async function sendReport(
  { store, databases }: IntakeDependencies,
  request: Request,
  response: Response,
  importRecord: ImportRecord,
  name: ReportName,
  format: ReportFormat,
  signal: AbortSignal,
): Promise<void> {
  const stem = importRecord.fileName.replace(/\.[^.]*$/, '')
  response.attachment(`${stem}_${name}`)
  response.setHeader('Content-Type', 'text/csv; charset=utf-8')
  response.setHeader('Cache-Control', 'private, no-cache')
  const database = databases.forOrganization(importRecord.orgId, importRecord.id)
  const report = streamOutcomeReport({ store, database, importRecord, outcome: REPORTS[name], ...format, signal })
  await streamAnswer(request, response, report).catch(explainMissingFile)
}

/** Sends the rejected rows as a workbook, made while it is sent. */
export async function sendErrorWorkbook(
  { store, databases }: IntakeDependencies,
  request: Request,
  response: Response,
  importRecord: ImportRecord,
  signal: AbortSignal,
): Promise<void> {
  const { rejected } = importRecord.counts
  if (rejected > MAX_WORKBOOK_ROWS) {
    const message = `the import has ${rejected} rejected rows; expected at most ${MAX_WORKBOOK_ROWS}, which a workbook holds (errors.csv has them all)`
    throw new ApiError(409, [{ code: 'TOO_MANY_ROWS', field: 'importId', message }])
  }
  const database = databases.forOrganization(importRecord.orgId, importRecord.id)
  const workbook = await streamErrorWorkbook({ store, database, importRecord, signal }).catch(explainMissingFile)
  response.attachment(`${importRecord.fileName.replace(/\.[^.]*$/, '')}_errors.xlsx`)
  response.setHeader('Cache-Control', 'private, no-cache, no-transform')
  await streamAnswer(request, response, workbook).catch(explainMissingFile)
}

/** Sends the upload as it came. What it holds is the client's affair: it is never to be shown by a browser. */
export async function sendUpload(
  { store }: IntakeDependencies,
  request: Request,
  response: Response,
  record: ImportRecord,
): Promise<void> {
  const isMade = !record.toPrepare || record.retryOf === null
  if (!isMade || record.expired) explainMissingFile(new FileMissingError(record.upload.fileKey))
  response.attachment(record.fileName)
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader('Cache-Control', 'private, no-cache, no-transform')
  const { fileKey, bytes, sha256 } = record.upload
  const range = readRange(request, response, { bytes, entityTag: `"${sha256}"` })
  if (range === 'unchanged') return
  await streamAnswer(request, response, store.read(fileKey, range)).catch(explainMissingFile)
}

/** 404 where the upload is no longer stored. */
export function explainMissingFile(error: unknown): never {
  if (!(error instanceof FileMissingError)) throw error
  throw notFound(
    'FILE_MISSING',
    'importId',
    'the uploaded file is no longer stored; expected an import whose file is kept',
  )
}
