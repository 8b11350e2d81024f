import {
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  showText,
  type ColumnReferences,
  type ColumnReferencesResult,
  type CouponIdentifier,
  type CustomerIdentifier,
  type FieldFault,
  type parseColumnReferences,
} from '@importer/contracts'

import { ApiError } from '../http/api-error.ts'
import { FILE_FIELD, type ReceivedFile, type ReceivedForm, type ReceivedUpload } from '../http/receive-upload.ts'
import { dropFollowingFaults, type CompletedUpload } from './apply-profile.ts'
import type { AcceptedUpload } from './create-upload-import.ts'
import type { ReadUploadOptions } from './read-upload-options.ts'

/** What both APIs ask of an upload; what each understands by a column is its own. */
export interface CommonForm<Kept> {
  readonly file: Kept | null
  readonly customerIdentifier: CustomerIdentifier | undefined
  readonly couponIdentifier: CouponIdentifier | undefined
  readonly columns: ColumnReferences | undefined
  readonly details: string | null
  /** Without any, everything else is there. */
  readonly faults: readonly FieldFault[]
}

export const MAX_UPLOAD_HEADERS_CHARACTERS = 4_096

/**
 * Makes an upload of a form, of its optional fields, and of what else was found wrong with it. Throws 400 with every fault,
 * so that the client learns of all at once.
 */
export function acceptForm(
  { profile }: CompletedUpload,
  form: CommonForm<ReceivedFile>,
  { options, metadata, faults }: ReadUploadOptions,
  otherFaults: readonly FieldFault[] = [],
): AcceptedUpload {
  const [first, ...others] = dropFollowingFaults([...form.faults, ...faults, ...otherFaults])
  if (first !== undefined) throw new ApiError(400, [first, ...others])
  const { file, customerIdentifier, couponIdentifier, columns, details } = form
  if (!file || !customerIdentifier || !couponIdentifier || !columns || !options) {
    throw new Error('an upload form lacks a part without a fault that says so')
  }
  return { file, identifiers: { customerIdentifier, couponIdentifier }, columns, details, options, metadata, profile }
}

/** Reads the fields that both APIs have, and says everything that is wrong with them. */
export function readCommonForm<Kept>(
  { fields, file, faults: fileFaults }: ReceivedForm<Kept>,
  parseColumns: typeof parseColumnReferences,
): CommonForm<Kept> {
  const faults: FieldFault[] = []
  const customerIdentifier = readChoice(fields, 'customerIdentifier', CUSTOMER_IDENTIFIERS, faults)
  const couponIdentifier = readChoice(fields, 'couponIdentifier', COUPON_IDENTIFIERS, faults)
  const columns = readColumns(fields, (text) => parseColumns(text, customerIdentifier, couponIdentifier), faults)
  const details = readDetails(fields, faults)
  faults.push(...fileFaults)
  if (file === null && !fileFaults.some(({ field }) => field === FILE_FIELD)) faults.push(missingFile(fields))
  return { file, customerIdentifier, couponIdentifier, columns, details, faults }
}

function readChoice<Choice extends CustomerIdentifier | CouponIdentifier>(
  fields: ReceivedUpload['fields'],
  field: string,
  choices: Readonly<Record<Choice, string>>,
  faults: FieldFault[],
): Choice | undefined {
  const names = Object.keys(choices).join(', ')
  const text = readText(fields, field, faults)?.trim()
  if (text === undefined) return undefined
  if (text === '') {
    faults.push({ code: 'MISSING_FIELD', field, message: `${field} is missing; expected ${names}` })
    return undefined
  }
  if (!Object.hasOwn(choices, text)) {
    faults.push({ code: 'INVALID_VALUE', field, message: `${field} is "${showText(text)}"; expected ${names}` })
    return undefined
  }
  return text as Choice
}

function readColumns(
  fields: ReceivedUpload['fields'],
  parse: (text: string) => ColumnReferencesResult,
  faults: FieldFault[],
): ColumnReferences | undefined {
  const field = 'uploadHeaders'
  const text = readText(fields, field, faults)
  if (text === undefined) return undefined
  if (text.trim() === '') {
    const message = `${field} is missing; expected an object of column positions such as {"redeemedDateInMillis": 0, "redeemedAt": 1}`
    faults.push({ code: 'MISSING_FIELD', field, message })
    return undefined
  }
  if (text.length > MAX_UPLOAD_HEADERS_CHARACTERS) {
    faults.push(tooLong(field, MAX_UPLOAD_HEADERS_CHARACTERS))
    return undefined
  }
  const result = parse(text)
  if (result.ok) return result.columns
  faults.push(...result.faults)
  return undefined
}

/** As long as a field may be. The documentation names the field `Details`; its own columns are in lower case, and so do clients write it. */
function readDetails(fields: ReceivedUpload['fields'], faults: FieldFault[]): string | null {
  const field = fields['Details'] === undefined ? 'details' : 'Details'
  const text = readText(fields, field, faults)?.trim()
  if (text === undefined || text === '') return null
  if (text.includes('\0')) {
    faults.push({ code: 'INVALID_VALUE', field, message: `${field} holds a NUL character; expected text` })
  }
  return text
}

/** A field's text, empty where there is none; undefined after a fault. */
function readText(fields: ReceivedUpload['fields'], field: string, faults: FieldFault[]): string | undefined {
  const value = fields[field] ?? ''
  if (typeof value === 'string') return value
  faults.push({ code: 'REPEATED_FIELD', field, message: `${field} is there more than once; expected one value` })
  return undefined
}

function missingFile(fields: ReceivedUpload['fields']): FieldFault {
  const reason = fields[FILE_FIELD] === undefined ? 'is missing' : 'is a part without a file name'
  return { code: 'MISSING_FILE', field: FILE_FIELD, message: `${FILE_FIELD} ${reason}; expected a CSV file` }
}

function tooLong(field: string, maxCharacters: number): FieldFault {
  return {
    code: 'VALUE_TOO_LONG',
    field,
    message: `${field} is too long; expected at most ${maxCharacters} characters`,
  }
}
