import { z } from 'zod'

import { DEFAULT_DATE_FORMAT, isNamedDateFormat, isTimeZone, parseDatePattern } from '../date-format.ts'
import { COLUMN_KEYS } from '../columns.ts'
import { IMPORT_OUTCOMES, IMPORT_STATUSES } from '../import-state.ts'
import { profileName } from '../profile-name.ts'
import { ROLES } from '../roles.ts'
import { ROW_ERROR_CODES } from '../row-rules.ts'
import { instantText, MAX_INT4, storableText } from '../storable.ts'

const PAGE_ROWS = 50
const MAX_PAGE_ROWS = 1_000

/** A whole number in a query, a path or a form: text on the wire, a number to the program. */
export function wholeNumber({ from, to }: { readonly from: number; readonly to: number }) {
  return z
    .string()
    .regex(/^\d{1,16}$/, `expected a whole number from ${from} to ${to}`)
    .transform(Number)
    .pipe(z.int().min(from, `expected at least ${from}`).max(to, `expected at most ${to}`))
}

const int4 = wholeNumber({ from: 0, to: MAX_INT4 })
const bigId = wholeNumber({ from: 0, to: Number.MAX_SAFE_INTEGER })

const page = {
  limit: wholeNumber({ from: 1, to: MAX_PAGE_ROWS })
    .default(PAGE_ROWS)
    .meta({ description: 'How many a page has at most' }),
  cursor: int4.optional().meta({ description: 'The `nextCursor` of the page before' }),
}

export const pageQuery = z.strictObject({
  ...page,
  cursor: bigId.optional().meta({ description: 'The `nextCursor` of the page before' }),
})

export const importListQuery = z.strictObject({
  seriesId: bigId.optional(),
  status: z.enum(IMPORT_STATUSES).optional(),
  createdFrom: instantText.optional().meta({ description: 'From this instant on' }),
  createdBefore: instantText.optional().meta({ description: 'Before this instant' }),
  outcome: z.enum(IMPORT_OUTCOMES).optional(),
  q: storableText()
    .min(1, 'expected a text')
    .max(255, 'expected at most 255 characters')
    .optional()
    .meta({ description: 'Part of the file name without case, or an id' }),
  profile: profileName.optional().meta({ description: 'The name of the profile that they were uploaded with' }),
  ...page,
})

export const rowErrorListQuery = z.strictObject({
  ...page,
  code: z.enum(ROW_ERROR_CODES).optional(),
  column: z.enum(COLUMN_KEYS).optional(),
  value: storableText()
    .min(1, 'expected a text')
    .max(1_000, 'expected at most 1000 characters')
    .optional()
    .meta({ description: 'What stands in the column at fault, as in `value` of an error' }),
  fromRow: wholeNumber({ from: 1, to: MAX_INT4 }).optional().meta({ description: 'From this row on, itself included' }),
  limit: wholeNumber({ from: 1, to: MAX_PAGE_ROWS })
    .default(PAGE_ROWS)
    .meta({ description: 'How many rejected rows a page has at most; a row can have several errors' }),
})

export const redemptionListQuery = z
  .strictObject({
    couponId: bigId.optional(),
    couponCode: storableText().min(1, 'expected a code').max(255, 'expected at most 255 characters').optional(),
    seriesId: bigId.optional(),
    importId: int4.optional(),
    rowNumber: wholeNumber({ from: 1, to: MAX_INT4 }).optional(),
    ...page,
    cursor: z
      .string()
      .regex(/^\d{1,10}$|^\d{1,15}-\d{1,18}-\d{1,18}$/, 'expected the nextCursor of the page before')
      .refine(
        (cursor) => cursor.includes('-') || Number(cursor) <= MAX_INT4,
        'expected the nextCursor of the page before',
      )
      .optional()
      .meta({ description: 'The `nextCursor` of the page before' }),
  })
  .superRefine((query, context) => {
    const ways = [query.couponId !== undefined, query.couponCode !== undefined, query.importId !== undefined]
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (ways.filter(Boolean).length !== 1) {
      refuse('couponId', 'expected one of couponId, couponCode (with seriesId) and importId')
    }
    if ((query.couponCode === undefined) !== (query.seriesId === undefined)) {
      refuse('seriesId', 'expected couponCode and seriesId together')
    }
    if (query.rowNumber !== undefined && query.importId === undefined) {
      refuse('rowNumber', 'expected importId beside rowNumber')
    }
    if (query.cursor !== undefined && query.importId !== undefined && query.cursor.includes('-')) {
      refuse('cursor', 'expected the nextCursor of a page of the same import')
    }
  })

export const reportQuery = z
  .strictObject({
    raw: z
      .enum(['true', 'false'], 'expected true or false')
      .default('false')
      .meta({ description: "true leaves cells that a spreadsheet would run as a formula without a ' before them" }),
    for: z.enum(['spreadsheet', 'program'], 'expected spreadsheet or program').default('program').meta({
      description:
        "spreadsheet begins with a byte order mark and puts a ' before each cell that a spreadsheet would change, too: long numbers, leading zeros, exponents, dates; an upload of the report drops it",
    }),
    delimiter: z
      .enum([',', ';', '\t'], 'expected a comma, ; (%3B) or a tab (%09)')
      .default(',')
      .meta({ description: 'What stands between cells: where a comma is the decimal sign Excel wants `;`' }),
  })
  .refine((query) => query.raw === 'false' || query.for === 'program', {
    path: ['raw'],
    message: 'expected raw=true or for=spreadsheet, not both',
  })

export const noQuery = z.strictObject({})

export const newApiKey = z
  .strictObject({
    role: z.enum(ROLES, `expected ${ROLES.join(', ')}`),
    name: storableText().min(1, 'expected a name').max(100, 'expected at most 100 characters').optional(),
  })
  .meta({ id: 'NewApiKeyRequest' })

const yesOrNo = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true')

export const MAX_SKIPPED_LINES = 100
const MAX_METADATA_CHARACTERS = 4_096

/** The fields of an upload beside those that the compatible API has too. All are text on the wire. */
export const uploadOptions = z.object({
  hasHeader: z
    .enum(['auto', 'true', 'false'], 'expected auto, true or false')
    .default('auto')
    .meta({ description: 'Whether the first record is a header; auto: it is found out' }),
  delimiter: z
    .string()
    .regex(/^(?:auto|(?!["\r\n])[\u0001-\u007f])$/, 'expected auto or one ASCII character that is no quote or line end')
    .default('auto'),
  encoding: z
    .enum(['utf-8', 'windows-1252', 'utf-16le'], 'expected utf-8, windows-1252 or utf-16le')
    .default('utf-8')
    .meta({ description: 'Never guessed' }),
  skipLines: wholeNumber({ from: 0, to: MAX_SKIPPED_LINES })
    .default(0)
    .meta({ description: 'How many physical lines come before the header or the data, whatever is in them' }),
  dateFormat: z
    .string()
    .superRefine((text, context) => {
      if (isNamedDateFormat(text)) return
      const parsed = parseDatePattern(text)
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.message })
    })
    .default(DEFAULT_DATE_FORMAT)
    .meta({
      description:
        'How dates are written: epochMillis, epochSeconds, iso8601, or a pattern of yyyy yy MM M dd d HH H hh h mm ss SSS a with separators, such as dd/MM/yyyy HH:mm',
    }),
  timeZone: z
    .string()
    .refine(isTimeZone, 'expected the IANA name of a time zone such as Europe/Berlin')
    .optional()
    .meta({ description: 'The time zone of dates that do not say their own; mandatory for a pattern' }),
  defaultCountry: z
    .string()
    .toUpperCase()
    .refine(isCountry, 'expected a country of ISO 3166 such as IN')
    .optional()
    .meta({ description: 'The country of mobiles that have no country code' }),
  dryRun: yesOrNo.default(false).meta({ description: 'Every check, the same report and counts, nothing inserted' }),
  maxErrors: wholeNumber({ from: 0, to: MAX_INT4 })
    .optional()
    .meta({ description: 'More rejected rows than this fail the import' }),
  maxErrorRatio: z
    .string()
    .regex(/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, 'expected a number from 0 to 1')
    .transform(Number)
    .pipe(z.number().min(0, 'expected a number from 0 to 1').max(1, 'expected a number from 0 to 1'))
    .optional()
    .meta({ description: 'A greater share of rejected rows fails the import, from the 1,000th row on' }),
  onSameFile: z
    .enum(['accept', 'reject'], 'expected accept or reject')
    .default('accept')
    .meta({ description: 'reject: 409 when the series was given this very file before' }),
  metadata: storableText()
    .max(MAX_METADATA_CHARACTERS, `expected at most ${MAX_METADATA_CHARACTERS} characters`)
    .optional()
    .meta({ description: 'A JSON object, kept with the import and sent in webhooks' }),
  callbackUrl: storableText()
    .max(2_000, 'expected at most 2000 characters')
    .optional()
    .meta({ description: 'Is notified once of the end of the import, signed with the secret of the organization' }),
})
export type UploadOptions = z.output<typeof uploadOptions>

/** Codes that Intl names and that are no countries. */
const NO_COUNTRIES: ReadonlySet<string> = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'])

/** Whether this is the code of a country by ISO 3166, two capital letters. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || NO_COUNTRIES.has(code)) return false
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined
}
