import type { ColumnKey, ProfileOptions, UsedProfile } from '@importer/contracts'
import { TimeSlice } from '@importer/runtime'

import { listHeaders, type PossibleHeader } from '../upload/header-records.ts'
import { findPositions } from '../upload/inspect-upload.ts'
import { readHead, type HeadStore } from '../upload/read-head.ts'
import type { UploadEncoding } from '../upload/decode-text.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'
import { FILE_KEY } from './find-reading.ts'
import { HeadEndError } from '../upload/head-file.ts'

/** A profile that may fit. */
export interface ProfileCandidate extends UsedProfile {
  readonly savedAt: Date
  readonly options: ProfileOptions
}

export interface ProfileSearch {
  readonly candidates: readonly ProfileCandidate[]
  readonly seriesId: bigint | null
  readonly isWorkbook: boolean
}

interface Fitting extends ProfileCandidate {
  /** How many columns it finds by their names. */
  readonly namedColumns: number
}

/**
 * The profile whose columns the file's header has, each of them once: of several the one with the most columns, then the one
 * for this series, then the one that was saved last. Null: none fits, or none says how columns are named. A profile of
 * positions fits every file, and so says nothing.
 */
export async function findFittingProfile(
  open: OpenText,
  { candidates, seriesId, isWorkbook }: ProfileSearch,
): Promise<UsedProfile | null> {
  const headersOf = createHeaderReader(open, isWorkbook)
  const slice = new TimeSlice()
  let best: Fitting | undefined
  for (const candidate of candidates) {
    const namedColumns = countNames(candidate.options)
    if (namedColumns > 0 && candidate.options.hasHeader !== false && candidate.options.hasHeader !== 'false') {
      const fitting = { ...candidate, namedColumns }
      const isBetter = best === undefined || compare(fitting, best, seriesId) > 0
      if (isBetter && fits(await headersOf(candidate.options), candidate.options)) best = fitting
    }
    await slice.yieldIfOver()
  }
  return best === undefined ? null : { name: best.name, version: best.version }
}

function countNames({ uploadHeaders = {} }: ProfileOptions): number {
  return Object.values(uploadHeaders).filter((column) => typeof column !== 'number').length
}

function compare(one: Fitting, other: Fitting, seriesId: bigint | null): number {
  const isOfSeries = ({ options }: Fitting): number =>
    seriesId !== null && options.seriesId === Number(seriesId) ? 1 : 0
  return (
    one.namedColumns - other.namedColumns ||
    isOfSeries(one) - isOfSeries(other) ||
    one.savedAt.getTime() - other.savedAt.getTime()
  )
}

function fits(headers: readonly PossibleHeader[], { uploadHeaders = {} }: ProfileOptions): boolean {
  const columns = uploadHeaders as Partial<Record<ColumnKey, number | string | string[]>>
  return headers.some((header) => findPositions(columns, header).faults.length === 0)
}

/** Opens the file's text as a profile reads it. Throws an UnpackError. */
export type OpenText = (encoding: UploadEncoding, skipLines: number) => Promise<HeadStore>

/** Reads what may be a header once for all profiles that read a file alike. */
function createHeaderReader(open: OpenText, isWorkbook: boolean) {
  const known = new Map<string, readonly PossibleHeader[]>()
  return async (options: ProfileOptions): Promise<readonly PossibleHeader[]> => {
    const { encoding = 'utf-8', skipLines = 0 } = options
    const wanted = isWorkbook ? WORKBOOK_DELIMITER : options.delimiter
    const delimiter = wanted === 'auto' ? undefined : wanted
    const key = JSON.stringify([delimiter, encoding, skipLines])
    let headers = known.get(key)
    if (headers === undefined) {
      headers = await readHeaders(await open(encoding, skipLines), skipLines, delimiter, isWorkbook)
      known.set(key, headers)
    }
    return headers
  }
}

async function readHeaders(
  files: HeadStore,
  skipLines: number,
  delimiter: string | undefined,
  isWorkbook: boolean,
): Promise<readonly PossibleHeader[]> {
  try {
    return listHeaders(await readHead(files, FILE_KEY, skipLines), delimiter, isWorkbook)
  } catch (error) {
    // Its lines to skip are more than were looked at.
    if (error instanceof HeadEndError) return []
    throw error
  }
}
