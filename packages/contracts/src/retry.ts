import { z } from 'zod'

import { ROW_ERROR_CODES, type RowErrorCode } from './row-rules.ts'
import { MAX_INT4, storableText } from './storable.ts'

const MAX_CORRECTIONS = 1_000
const MAX_CELL_CHARACTERS = 10_000

const rowNumber = z.int().min(1).max(MAX_INT4)
const column = storableText()
  .min(1, 'expected a column')
  .max(1_000, 'expected at most 1000 characters')
  .meta({ description: 'A column key, or a name in the header of the file' })
const cell = storableText().max(MAX_CELL_CHARACTERS, `expected at most ${MAX_CELL_CHARACTERS} characters`)

/** How rejected rows are put right before they are imported again. */
const correction = z.union(
  [
    z.strictObject({ column, from: cell, to: cell }).meta({ title: 'Every rejected row whose cell is `from`' }),
    z.strictObject({ rowNumber, column, to: cell }).meta({ title: 'One rejected row' }),
    z.strictObject({ rowNumber, drop: z.literal(true) }).meta({ title: 'Leave one rejected row out' }),
  ],
  'expected {column, from, to}, {rowNumber, column, to} or {rowNumber, drop: true}',
)
export type Correction = z.output<typeof correction>

export const correctionListView = z.array(correction)

export const retryRequest = z
  .strictObject({
    codes: z
      .array(z.enum(ROW_ERROR_CODES))
      .min(1, 'expected at least one code')
      .optional()
      .meta({ description: 'Only rows with one of these codes' }),
    corrections: correctionListView
      .max(MAX_CORRECTIONS, `expected at most ${MAX_CORRECTIONS} corrections`)
      .optional()
      .meta({ description: 'Applied in this order, those of a `rowNumber` last' }),
    dryRun: z.boolean().optional().meta({ description: 'As the import itself was, unless given' }),
  })
  .meta({ id: 'RetryRequest' })
export type RetryRequest = z.output<typeof retryRequest>

/** What was requested of a retry: kept with the import that it is. */
export interface RetryOptions {
  /** Null: rows of every code. */
  readonly codes: readonly RowErrorCode[] | null
  readonly corrections: readonly Correction[]
  readonly dryRun: boolean
}

/** A request in one form: what means the same is the same text as JSON. */
export function toRetryOptions(request: RetryRequest, isDryRun: boolean): RetryOptions {
  return {
    codes: request.codes === undefined ? null : [...new Set(request.codes)].toSorted(),
    corrections: request.corrections ?? [],
    dryRun: request.dryRun ?? isDryRun,
  }
}
