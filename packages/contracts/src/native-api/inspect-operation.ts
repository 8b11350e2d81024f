import { z } from 'zod'

import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS, MAX_COLUMN_POSITION } from '../columns.ts'
import { FAULT_CODES } from '../fault-codes.ts'
import { usedProfile } from '../import-profile.ts'
import { rowExplanationView } from './explain-views.ts'
import type { Operation } from './operation.ts'
import { noQuery } from './parameters.ts'
import { uploadForm } from './upload-form.ts'
import { columnKey } from './views.ts'

/** Why something of a file is not sure, beside what an upload of it would be refused for. */
const INSPECTION_CODES = [
  'COLUMNS_UNSURE',
  'DATE_FORMAT_UNSURE',
  'HEADER_UNSURE',
  'INVALID_ENCODING',
  'NO_ROWS',
  'TIME_ZONE_UNSURE',
] as const
export type InspectionCode = (typeof INSPECTION_CODES)[number]

/** The fields of an upload, of which all but the file may be left out, and the series. */
export const inspectForm = z
  .object({
    seriesId: z.string().optional().meta({ description: 'Rows are looked up, too, as if they were of this series' }),
    ...uploadForm.shape,
    file: z.file().meta({
      description: 'CSV, plain or packed with gzip, of which the first 1 MiB is enough; or a workbook (.xlsx), whole',
    }),
  })
  .meta({ id: 'Inspect' })

const names = <Name extends string>(record: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(record) as [Name, ...Name[]])

export const inspectionView = z
  .strictObject({
    kind: z
      .enum(['csv', 'xlsx'])
      .nullable()
      .meta({ description: 'null: it is no table; `problems` says what it looks like' }),
    encoding: z.enum(['utf-8', 'windows-1252', 'utf-16le', 'utf-16be']).nullable().meta({
      description: 'As requested, or as a byte order mark says; utf-16be needs no request',
    }),
    delimiter: z.string().nullable(),
    headerRow: z.boolean().nullable(),
    skippedLines: z.int().min(0).meta({ description: 'Lines before the header or, without one, before the first row' }),
    columns: z.array(
      z.strictObject({
        position: z.int().min(0).max(MAX_COLUMN_POSITION),
        name: z.string().nullable().meta({ description: 'In the header; null: there is none' }),
        samples: z.array(z.string()).meta({ description: 'Some of its cells that are not empty' }),
        suggestedKey: columnKey.nullable().meta({ description: 'What it seems to mean; null: that is not sure' }),
      }),
    ),
    customerIdentifier: names(CUSTOMER_IDENTIFIERS).nullable(),
    couponIdentifier: names(COUPON_IDENTIFIERS).nullable(),
    uploadHeaders: z
      .partialRecord(columnKey, z.int().min(0).max(MAX_COLUMN_POSITION))
      .nullable()
      .meta({ description: 'As requested, or as it is suggested; null: a mandatory column is not sure' }),
    dateFormat: z.string().nullable().meta({ description: 'As requested, or as the dates look' }),
    timeZone: z.string().nullable(),
    profile: usedProfile.nullable().meta({
      description:
        'The one that was named, with its version; where none was, and nobody has said what the columns mean, the one whose columns the header has',
    }),
    rows: z
      .array(
        z.strictObject({
          rowNumber: z.int().min(1),
          line: z.int().min(1),
          cells: z.array(z.string()),
          errors: rowExplanationView.shape.errors,
        }),
      )
      .meta({
        description:
          'The first 20, checked as an import with what this answer says would be: by their own text and, with `seriesId`, by what they name',
      }),
    problems: z
      .array(z.strictObject({ code: z.enum([...FAULT_CODES, ...INSPECTION_CODES]), message: z.string() }))
      .meta({ description: 'What a person still has to choose, or why the file cannot be imported' }),
  })
  .meta({ id: 'Inspection' })

const example: z.input<typeof inspectionView> = {
  kind: 'csv',
  encoding: 'utf-8',
  delimiter: ',',
  headerRow: true,
  skippedLines: 0,
  columns: [
    { position: 0, name: 'Redeemed on', samples: ['1603263535000'], suggestedKey: 'redeemedDateInMillis' },
    { position: 1, name: 'Till', samples: ['17'], suggestedKey: 'redeemedAt' },
    { position: 2, name: 'Mobile', samples: ['919999999999'], suggestedKey: 'mobile' },
    { position: 3, name: 'Coupon', samples: ['SPRNG-1'], suggestedKey: 'couponCode' },
  ],
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: { mobile: 2, couponCode: 3, redeemedDateInMillis: 0, redeemedAt: 1 },
  dateFormat: 'epochMillis',
  timeZone: null,
  profile: null,
  rows: [
    {
      rowNumber: 1,
      line: 2,
      cells: ['1603263535000', '17', '919999999999', 'SPRNG-1'],
      errors: [
        {
          code: 'COUPON_NOT_FOUND',
          number: 719,
          column: 'couponCode',
          value: 'SPRNG-1',
          message: 'couponCode SPRNG-1 is no coupon of this organization',
          cause: 'The code is misspelt, or its coupon has not been loaded yet.',
          remedy: 'Correct the code, or load the coupon, and retry the rejected rows.',
        },
      ],
    },
  ],
  problems: [],
}

/** What a person, or a program, asks before an upload. */
export const INSPECT_OPERATION = {
  method: 'post',
  path: '/v1/inspect',
  tag: 'imports',
  summary: 'Inspect a file',
  description:
    'Says how an import would read a file and what would be wrong with its first 20 rows, and suggests what its columns mean. Nothing is stored.',
  role: 'read',
  query: noQuery,
  body: { contentType: 'multipart/form-data', schema: inspectForm },
  example: { form: { seriesId: '953234', file: '@docs/examples/redemptions.csv' } },
  success: [{ status: 200, description: 'What was found', schema: inspectionView, example }],
  errors: {
    404: 'There is no such series in this organization',
    408: 'The body stood still',
    413: 'The file is larger than any that can be uploaded',
    503: 'Too much is inspected at once',
  },
} as const satisfies Operation
