import { z } from 'zod'

import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  MAX_COLUMN_POSITION,
  type CouponIdentifier,
  type CustomerIdentifier,
} from '../columns.ts'
import { profileName } from '../profile-name.ts'
import { MAX_COLUMN_NAMES } from '../upload-headers.ts'
import { uploadOptions } from './parameters.ts'

const keysOf = <Key extends string>(object: Readonly<Record<Key, unknown>>) => Object.keys(object) as [Key, ...Key[]]

const POSITION = { type: 'integer', minimum: 0, maximum: MAX_COLUMN_POSITION }

const NAME = { type: 'string', description: 'The name that the column has in the header, without case and blanks' }

/** An object in a text, which JSON Schema can describe too. */
const uploadHeaders = (column: object, example: string, description: string) =>
  z.string().meta({
    description,
    example,
    contentMediaType: 'application/json',
    contentSchema: { type: 'object', propertyNames: { enum: COLUMN_KEYS }, additionalProperties: column },
  })

const identifiers = {
  customerIdentifier: z
    .enum(keysOf<CustomerIdentifier>(CUSTOMER_IDENTIFIERS))
    .meta({ description: 'What the file names customers by. Mandatory, unless the profile gives it' }),
  couponIdentifier: z
    .enum(keysOf<CouponIdentifier>(COUPON_IDENTIFIERS))
    .meta({ description: 'What the file names coupons by. Mandatory, unless the profile gives it' }),
}
const notes = z.string().max(65_536).optional().meta({ description: 'Notes that are kept with the import' })
const file = z
  .file()
  .meta({ description: 'CSV, plain or packed with gzip, or an .xlsx workbook of up to 100 MiB, known by its content' })

const profile = {
  profile: profileName.optional().meta({
    description: 'The name of a saved profile. What it gives may be left out; what the upload says itself wins',
  }),
}
/** Mandatory, but for what the profile gives. */
const DESCRIBED_BY_PROFILE = { customerIdentifier: true, couponIdentifier: true, uploadHeaders: true } as const
/** The names of these fields. */
export const MANDATORY_WITHOUT_PROFILE: ReadonlySet<string> = new Set(Object.keys(DESCRIBED_BY_PROFILE))

/** The fields of a native upload, as a form sends them. */
export const uploadForm = z
  .object({
    ...identifiers,
    uploadHeaders: uploadHeaders(
      { anyOf: [POSITION, NAME, { type: 'array', items: NAME, minItems: 1, maxItems: MAX_COLUMN_NAMES }] },
      '{"redeemedDateInMillis": "date", "redeemedAt": ["till", "shop"], "mobile": "phone", "couponCode": 3}',
      'An object (JSON5) from column key to column: a position from 0, the name that the column has in the header, or names of which one is there',
    ),
    details: notes,
    ...profile,
    ...uploadOptions.shape,
    file,
  })
  .partial(DESCRIBED_BY_PROFILE)
  .meta({ id: 'Upload' })

/** The fields of an upload to the compatible API: a form that is written for the documented system has no more than the first. */
export const compatibleUploadForm = z
  .object({
    ...identifiers,
    uploadHeaders: uploadHeaders(
      POSITION,
      "{'redeemedDateInMillis': 0, 'redeemedAt': 1, 'mobile': 2, 'couponCode': 3}",
      'An object from column key to column position, from 0: strict JSON, with single quotes, or with unquoted keys',
    ),
    Details: notes,
    ...profile,
    ...uploadOptions.omit({ dryRun: true }).shape,
    file,
  })
  .partial(DESCRIBED_BY_PROFILE)
  .meta({ id: 'CompatibleUpload' })
