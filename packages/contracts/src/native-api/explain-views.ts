import { z } from 'zod'

import { ACTOR_TYPES, AUDIT_KINDS, TIMELINE_KINDS } from '../audit.ts'
import { id, pageOf, time } from './view-parts.ts'
import { columnKey, rowErrorCode } from './views.ts'

/** What explains to a person what happened, and why: one row explained, groups of errors, timeline and audit list. */

const looseTime = time.nullable()
const code = rowErrorCode
const column = columnKey.nullable().meta({ description: 'null: the whole record is at fault' })

const ROW_OUTCOMES = ['inserted', 'duplicate', 'rejected', 'unprocessed', 'reverted'] as const
export type RowOutcome = (typeof ROW_OUTCOMES)[number]

const advice = {
  message: z.string(),
  cause: z.string().meta({ description: 'Why this usually happens' }),
  remedy: z.string().meta({ description: 'What to do about it' }),
}

const contextRedemption = z.strictObject({
  importId: id,
  fileName: z.string(),
  rowNumber: z.int().min(1),
  couponId: id,
  customerId: id,
  tillId: id,
  redeemedAt: time,
})

export const rowExplanationView = z
  .strictObject({
    rowNumber: z.int().min(1).meta({ description: 'Data record, from 1' }),
    line: z.int().min(1).meta({ description: 'Where the record starts in the file, from 1' }),
    outcome: z.enum(ROW_OUTCOMES).meta({ description: 'Of a dry run: what would have become of it' }),
    raw: z.string().meta({ description: 'The record as it stands in the file, cut at 64 KiB' }),
    cells: z.array(
      z.strictObject({
        position: z.int().min(0),
        name: z.string().nullable().meta({ description: 'In the header; null: there is none' }),
        key: columnKey.nullable().meta({ description: 'What the column was said to hold' }),
        value: z.string(),
        read: z.string().nullable().meta({ description: 'How the importer reads it; null: not at all' }),
      }),
    ),
    errors: z.array(z.strictObject({ code, number: z.int(), column, value: z.string(), ...advice })),
    context: z
      .strictObject({
        redemptions: z
          .array(contextRedemption)
          .meta({ description: 'Those that stand in the way; of an inserted row its own' }),
        series: z
          .strictObject({ id, name: z.string().nullable(), validFrom: looseTime, validTill: looseTime })
          .nullable()
          .meta({ description: 'Of a date outside its time, or the series that the coupon is in' }),
        coupon: z
          .strictObject({ id, code: z.string(), seriesId: id, customerId: id.nullable(), expiresAt: looseTime })
          .nullable(),
      })
      .meta({ description: 'What messages may not say' }),
  })
  .meta({ id: 'RowExplanation' })

export const errorGroupListView = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          code,
          column,
          value: z.string().nullable().meta({ description: 'null: groups are not by value' }),
          rows: z.int().min(1),
          firstRows: z.array(z.int().min(1)).meta({ description: 'The first five row numbers' }),
          ...advice,
        }),
      )
      .meta({ description: 'The largest first, at most 100' }),
    exact: z.boolean().meta({ description: 'false: reading stopped before the end, so there may be more of each' }),
  })
  .meta({ id: 'ErrorGroupList' })

const actor = z.strictObject({ type: z.enum(ACTOR_TYPES), name: z.string() })
const detail = z.record(z.string(), z.unknown())

export const timelineView = pageOf(
  z.strictObject({ at: time, kind: z.enum(TIMELINE_KINDS), actor, detail }),
  'Timeline',
)

export const auditEventListView = pageOf(
  z.strictObject({ at: time, kind: z.enum(AUDIT_KINDS), actor, detail }),
  'AuditEventList',
)

export const seriesListView = pageOf(
  z.strictObject({
    id,
    name: z.string().nullable(),
    maxRedemptionsPerCoupon: z.int().nullable().meta({ description: 'null: no limit' }),
    validFrom: looseTime,
    validTill: looseTime,
  }),
  'SeriesList',
)
