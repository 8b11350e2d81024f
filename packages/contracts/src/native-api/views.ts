import { z } from 'zod'

import { COLUMN_KEYS, mapOptionalColumns } from '../columns.ts'
import { FAULT_CODES } from '../fault-codes.ts'
import { DELAY_CODES } from '../import-delay.ts'
import { usedProfile } from '../import-profile.ts'
import { IMPORT_FAILURE_CODES } from '../import-failures.ts'
import { IMPORT_STATUSES } from '../import-state.ts'
import { COUPON_STATUSES, REFERENCE_FAULT_CODES } from '../reference.ts'
import { correctionListView } from '../retry.ts'
import { ROLES } from '../roles.ts'
import { ROW_ERROR_CODES } from '../row-rules.ts'
import { id, pageOf, time } from './view-parts.ts'

/** What the native API answers with. The same schemas type, document and, in tests, check the answers. */

const count = z.int().min(0)
const link = z.url()
export const rowErrorCode = z.enum(ROW_ERROR_CODES).meta({
  id: 'RowErrorCode',
  description: 'Why a row was rejected. Stable: programs can rely on it',
})
export const columnKey = z.enum(COLUMN_KEYS).meta({ id: 'ColumnKey', description: 'What a column is read as' })

const faultCode = z.enum(FAULT_CODES).meta({ id: 'FaultCode', description: 'Stable: programs can rely on it' })
const fieldFaultView = z.strictObject({ code: faultCode, field: z.string(), message: z.string() })

export const problemView = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: faultCode,
    detail: z.string(),
    errors: z.array(fieldFaultView).optional().meta({ description: 'Every fault, where there is more than one' }),
    state: z
      .enum(IMPORT_STATUSES)
      .optional()
      .meta({ description: 'Where the import stands that the action does not fit' }),
    importId: id.optional().meta({ description: 'The import that stands in the way' }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457)' })

export const importView = z
  .strictObject({
    id,
    seriesId: id,
    status: z.enum(IMPORT_STATUSES),
    outcome: z.enum(['success', 'partial', 'failure']).nullable(),
    fileName: z.string(),
    bytes: count.meta({ description: 'Of the upload as it came' }),
    sha256: z.string().nullable().meta({ description: 'null: its file is not prepared yet' }),
    headerRow: z.boolean().nullable().meta({ description: 'null: not looked at yet' }),
    delimiter: z.string().nullable().meta({ description: 'null: not looked at yet, or a workbook' }),
    progress: z.strictObject({
      percent: z.number().min(0).max(100),
      bytesRead: count.meta({ description: 'Of the unpacked text' }),
      rowsRead: count,
      rowsPerSecond: count.nullable().meta({ description: 'Of the time it was worked on; null while it is delayed' }),
      etaSeconds: count.nullable().meta({ description: 'null while nothing can be said, and while it is delayed' }),
    }),
    counts: z.strictObject({ rows: count, inserted: count, duplicates: count, rejected: count }),
    errorsByCode: z.partialRecord(rowErrorCode, count),
    details: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    dryRun: z.boolean(),
    profile: usedProfile
      .nullable()
      .meta({ description: 'The profile that it was uploaded with, as it was then; null: none' }),
    corrections: correctionListView.nullable().meta({
      description: 'How the rows of the import that it tries again were put right; null: it tries none again',
    }),
    attempts: count,
    retryOf: id.nullable().meta({ description: 'The import whose rejected rows this one tries again' }),
    retriedAs: id.nullable().meta({ description: 'The import that tries again the rejected rows of this one' }),
    createdAt: time,
    startedAt: time.nullable(),
    updatedAt: time.meta({ description: 'The last change, progress included' }),
    finishedAt: time.nullable(),
    failure: z.strictObject({ code: z.enum(IMPORT_FAILURE_CODES), message: z.string() }).nullable(),
    delay: z
      .strictObject({ code: z.enum(DELAY_CODES), message: z.string(), since: time })
      .nullable()
      .meta({
        description:
          'Why it does not go on. NO_WORKER: queued for 30 s and nobody takes it. WORKER_SILENT: no progress for 10 s',
      }),
    links: z.strictObject({
      self: link,
      errors: link,
      inserted: link,
      duplicates: link,
      unprocessed: link,
      file: link,
      events: link,
    }),
  })
  .meta({ id: 'Import' })

export const importListView = pageOf(importView, 'ImportList')

const rowErrorView = z
  .strictObject({
    rowNumber: z.int().min(1).meta({ description: 'Data record, from 1' }),
    line: z.int().min(1).meta({ description: 'Where the record starts in the file, from 1' }),
    column: columnKey.nullable().meta({ description: 'null: the whole record is at fault' }),
    value: z.string().meta({ description: 'What stands there; of a record that cannot be split, its text' }),
    code: rowErrorCode,
    number: z.int(),
    message: z.string(),
  })
  .meta({ id: 'RowError' })

export const rowErrorListView = pageOf(rowErrorView, 'RowErrorList')

const redemptionView = z
  .strictObject({
    couponId: id,
    couponCode: z.string(),
    seriesId: id,
    customerId: id,
    tillId: id,
    redeemedAt: time,
    ordinal: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: "Which of the coupon's redemptions it is; null: its series had no limit" }),
    importId: id,
    fileName: z.string(),
    rowNumber: z.int().min(1),
    ...mapOptionalColumns(() => z.string().nullable()),
  })
  .meta({ id: 'Redemption' })

export const redemptionListView = pageOf(redemptionView, 'RedemptionList')

const apiKeyView = z
  .strictObject({
    id,
    name: z.string().nullable(),
    role: z.enum(ROLES),
    createdAt: time,
    revokedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' })

export const apiKeyListView = z.strictObject({ items: z.array(apiKeyView) }).meta({ id: 'ApiKeyList' })

export const newApiKeyView = apiKeyView
  .extend({ key: z.string().meta({ description: 'Shown here and never again' }) })
  .meta({ id: 'NewApiKey' })

export const referenceCountView = z.strictObject({ count }).meta({ id: 'ReferenceCount' })

export const referenceLoadView = z
  .strictObject({
    received: count,
    inserted: count,
    updated: count,
    rejected: count,
    errors: z.array(
      z.strictObject({
        row: z.int().min(1),
        line: z.int().min(1),
        field: z.string().nullable(),
        code: z.enum(REFERENCE_FAULT_CODES),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'ReferenceLoad' })

const looseTime = z.string().nullable()
export const referenceItemView = z
  .union([
    z.strictObject({
      id,
      name: z.string().nullable(),
      maxRedemptionsPerCoupon: z.int().nullable(),
      validFrom: looseTime,
      validTill: looseTime,
    }),
    z.strictObject({
      id,
      seriesId: id,
      code: z.string(),
      customerId: id.nullable(),
      status: z.enum(COUPON_STATUSES),
      expiresAt: looseTime,
    }),
    z.strictObject({
      id,
      mobile: z.string().nullable(),
      email: z.string().nullable(),
      externalId: z.string().nullable(),
    }),
    z.strictObject({ id, name: z.string().nullable() }),
  ])
  .meta({ id: 'ReferenceItem' })
