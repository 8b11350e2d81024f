import { z } from 'zod'

import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS, type CouponIdentifier, type CustomerIdentifier } from './columns.ts'
import { MAX_INT4, storableText } from './storable.ts'
import { MAX_SKIPPED_LINES, uploadOptions } from './native-api/parameters.ts'
import { pageOf, time } from './native-api/view-parts.ts'

const keysOf = <Key extends string>(object: Readonly<Record<Key, unknown>>) => Object.keys(object) as [Key, ...Key[]]
const { delimiter, encoding, dateFormat, timeZone, defaultCountry, onSameFile, callbackUrl } = uploadOptions.shape

/** Of which one is in the header. */
const names = z.array(z.string())

/** What a profile can say: options of an upload, as JSON has them. All may be absent. */
export const profileOptions = z.strictObject({
  customerIdentifier: z
    .enum(keysOf<CustomerIdentifier>(CUSTOMER_IDENTIFIERS), `expected ${Object.keys(CUSTOMER_IDENTIFIERS).join(', ')}`)
    .optional()
    .meta({ description: 'What the files name customers by' }),
  couponIdentifier: z
    .enum(keysOf<CouponIdentifier>(COUPON_IDENTIFIERS), `expected ${Object.keys(COUPON_IDENTIFIERS).join(', ')}`)
    .optional()
    .meta({ description: 'What the files name coupons by' }),
  uploadHeaders: z
    .record(
      z.string(),
      z.union([z.number(), z.string(), names], 'expected a position, a name in the header, or a list of names'),
      'expected an object from column key to column, such as {"redeemedDateInMillis": "Date", "redeemedAt": 1}',
    )
    .optional()
    .meta({
      description:
        'From column key to column: a position from 0, the name that the column has in the header, or a list of names of which one is there',
    }),
  hasHeader: z
    .union([z.boolean(), z.enum(['auto', 'true', 'false'])], 'expected auto, true or false')
    .optional()
    .meta({ description: 'Whether the first record is a header; auto: it is found out' }),
  delimiter: delimiter.unwrap().optional(),
  skipLines: z
    .int(`expected a whole number from 0 to ${MAX_SKIPPED_LINES}`)
    .min(0, 'expected at least 0')
    .max(MAX_SKIPPED_LINES, `expected at most ${MAX_SKIPPED_LINES}`)
    .optional()
    .meta({ description: 'How many physical lines come before the header or the data, whatever is in them' }),
  encoding: encoding.unwrap().optional(),
  dateFormat: dateFormat.unwrap().optional(),
  timeZone,
  defaultCountry,
  maxErrors: z
    .int(`expected a whole number from 0 to ${MAX_INT4}`)
    .min(0, 'expected at least 0')
    .max(MAX_INT4, `expected at most ${MAX_INT4}`)
    .optional()
    .meta({ description: 'More rejected rows than this fail the import' }),
  maxErrorRatio: z
    .number('expected a number from 0 to 1')
    .min(0, 'expected a number from 0 to 1')
    .max(1, 'expected a number from 0 to 1')
    .optional()
    .meta({ description: 'A greater share of rejected rows fails the import, from the 1,000th row on' }),
  onSameFile: onSameFile.unwrap().optional(),
  callbackUrl,
  seriesId: z
    .int('expected the id of a coupon series')
    .min(0, 'expected the id of a coupon series')
    .optional()
    .meta({ description: 'The series that files of this kind belong to: offered for choice, while the path decides' }),
})
export type ProfileOptions = z.output<typeof profileOptions>

/**
 * What a profile says as the fields of a form say it, so that both are read in one way. The series is no such field: it
 * stands in the path.
 */
export function toUploadFields({ seriesId: _seriesId, ...options }: ProfileOptions): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** Every option that a profile can have. */
export const PROFILE_OPTIONS = Object.keys(profileOptions.shape) as (keyof ProfileOptions)[]

/** What a profile says, in the order of the documentation and without anything else that comes with it. */
export function pickProfileOptions(said: ProfileOptions): ProfileOptions {
  return Object.fromEntries(
    PROFILE_OPTIONS.filter((name) => said[name] !== undefined).map((name) => [name, said[name]]),
  ) as ProfileOptions
}

/** Where a form has text and a profile does not. */
const READERS: Partial<Record<keyof ProfileOptions, (text: string) => unknown>> = {
  uploadHeaders: (text): unknown => JSON.parse(text),
  hasHeader: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
  skipLines: Number,
  maxErrors: Number,
  maxErrorRatio: Number,
  seriesId: Number,
}

/**
 * The other way round: what fields of a form, and `seriesId`, say as a profile says it. What is empty or no text says nothing. Whether
 * that is right the server finds out; throws a SyntaxError where `uploadHeaders` is no JSON.
 */
export function toProfileOptions(fields: Readonly<Record<string, unknown>>): ProfileOptions {
  const said = PROFILE_OPTIONS.flatMap((name) => {
    const text = fields[name]
    return typeof text !== 'string' || text === '' ? [] : [[name, READERS[name]?.(text) ?? text] as const]
  })
  return Object.fromEntries(said) as ProfileOptions
}

const version = z.int().min(1)
const savedBy = z.strictObject({ type: z.string(), name: z.string() })

export const profileView = z
  .strictObject({
    name: z.string(),
    version: version.meta({ description: 'Counts from 1; every time it is saved makes a new one' }),
    savedAt: time,
    savedBy: savedBy.meta({ description: 'Who saved this version: the API key by its name' }),
    ...profileOptions.shape,
  })
  .meta({ id: 'ImportProfile' })

export const profileListView = pageOf(profileView, 'ImportProfileList')

const ANSWERED = { description: 'As an answer has it, so that an answer can be sent back changed; it is not read' }

/** The body that saves a profile. */
export const profileRequest = z
  .strictObject({
    ...profileOptions.shape,
    name: storableText().optional().meta({ description: 'The name in the path, if any' }),
    version: version.optional().meta(ANSWERED),
    savedAt: time.optional().meta(ANSWERED),
    savedBy: savedBy.optional().meta(ANSWERED),
  })
  .meta({ id: 'ImportProfileRequest' })

export type ProfileRequest = z.output<typeof profileRequest>

/** Which version of a profile an import was uploaded with. */
export const usedProfile = z.strictObject({ name: z.string(), version })
export type UsedProfile = z.output<typeof usedProfile>
