import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { describeUnreachable, type ImporterClient } from '@importer/client'

import { CliError, codeOf } from '../framework/cli-error.ts'
import type { Session } from '../framework/session.ts'
import { retry } from './retry.ts'

/** The files of an import, by the outcome of their rows, and the upload itself. */
export const DOWNLOADS = {
  rejected: 'downloadErrors',
  inserted: 'downloadInserted',
  duplicates: 'downloadDuplicates',
  unprocessed: 'downloadUnprocessed',
} as const satisfies Record<string, keyof ImporterClient>
export type ReportOutcome = keyof typeof DOWNLOADS

export interface ReportRequest {
  readonly importId: string | number
  readonly outcome: ReportOutcome
  /** further parameters of the report's query */
  readonly query?: Readonly<Record<string, string>>
}

const RETRIES = 4

export async function openReport(
  session: Session,
  { importId, outcome, query = {} }: ReportRequest,
): Promise<Response> {
  return (await session.api())[DOWNLOADS[outcome]]({ importId, ...query })
}

/** Writes a report to a file. */
export async function saveReport(
  session: Session,
  request: ReportRequest,
  file: string,
): Promise<{ bytes: number; file: string }> {
  return saveDownload(session, async () => openReport(session, request), file)
}

/**
 * Writes what is downloaded to a file, which is there only once it is whole. A connection that is cut on the way is tried
 * again from the beginning. Rejects with a CliError when the file cannot be written.
 */
export async function saveDownload(
  { terminal, signal, notify }: Session,
  open: () => Promise<Response>,
  name: string,
): Promise<{ bytes: number; file: string }> {
  const file = path.resolve(terminal.env.callerFolder, name)
  const part = `${file}.${process.pid}.part`
  const attempt = async (): Promise<number> => {
    let bytes = 0
    const { body } = await open()
    const stream = body === null ? Readable.from([]) : Readable.fromWeb(body)
    stream.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
    })
    await writeDownload(
      signal,
      createWriteStream(part),
      (target) => pipeline(stream, target, { signal }),
      (error) => {
        throw new CliError(`${file} cannot be written (${codeOf(error)}); expected a new or old file`, { cause: error })
      },
    )
    return bytes
  }
  try {
    const bytes = await retry(attempt, { retries: RETRIES, signal, notify })
    await rename(part, file)
    return { bytes, file }
  } finally {
    await rm(part, { force: true })
  }
}

/** Writes a download. A target that fails is given to `onTargetError`; any other failure is thrown as one of the importer. */
export async function writeDownload(
  signal: AbortSignal,
  target: Writable,
  write: (target: Writable) => Promise<void>,
  onTargetError: (error: Error) => void,
): Promise<void> {
  let targetError: Error | undefined
  target.once('error', (error) => {
    targetError = error
  })
  try {
    await write(target)
  } catch (error) {
    signal.throwIfAborted()
    if (targetError === undefined || error !== targetError) {
      throw describeUnreachable('the importer, half-way through the report,', error)
    }
    onTargetError(targetError)
  }
}
