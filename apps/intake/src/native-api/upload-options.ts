import { parseColumnReferences, showText, uploadOptions, type FieldFault } from '@importer/contracts'
import { closest, distance } from 'fastest-levenshtein'

import { readCommonForm } from '../compatible-api/upload-form.ts'
import { ApiError } from '../http/api-error.ts'
import type { ReceivedUpload } from '../http/receive-upload.ts'
import { dropFollowingFaults, type CompletedUpload } from '../uploads/apply-profile.ts'
import type { AcceptedUpload } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'

/** Checks the fields of an upload. Throws 400 with every fault in them. `checkUrl` says what is wrong with a callback URL. */
export function readNativeUpload(upload: CompletedUpload, checkUrl: (url: string) => string | null): AcceptedUpload {
  const form = readCommonForm(upload, parseColumnReferences)
  const { options, metadata, faults } = readUploadOptions(upload.fields, checkUrl)
  const [first, ...others] = dropFollowingFaults([
    ...form.faults,
    ...faults,
    ...findUnknownFields(upload.fields, KNOWN_FIELDS),
  ])
  if (first !== undefined) throw new ApiError(400, [first, ...others])
  const { file, customerIdentifier, couponIdentifier, columns, details } = form
  if (!file || !customerIdentifier || !couponIdentifier || !columns || !options) {
    throw new Error('an upload form lacks a part without a fault that says so')
  }
  const identifiers = { customerIdentifier, couponIdentifier }
  return { file, identifiers, columns, details, options, metadata, profile: upload.profile }
}

const KNOWN_FIELDS = [
  ...Object.keys(uploadOptions.shape),
  'customerIdentifier',
  'couponIdentifier',
  'uploadHeaders',
  'details',
  'profile',
  'file',
]
/** The documented form has notes with a capital, too. */
const ALSO_TAKEN: ReadonlySet<string> = new Set(['Details'])

/** A field that nobody reads may be a wish that is not fulfilled: a misspelt `dryRun` would import for real. */
export function findUnknownFields(fields: ReceivedUpload['fields'], known: readonly string[]): FieldFault[] {
  return Object.keys(fields)
    .filter((field) => !known.includes(field) && !ALSO_TAKEN.has(field))
    .map((field) => ({
      code: 'UNKNOWN_FIELD',
      field,
      message: `${showText(field)} is no field of an upload; ${suggest(field, known)}`,
    }))
}

function suggest(field: string, known: readonly string[]): string {
  const near = closest(
    field.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  )
  const meant = known.find((name) => name.toLowerCase() === near) ?? ''
  const isNear = distance(field.toLowerCase(), near) <= Math.max(1, Math.floor(near.length / 3))
  return isNear ? `did you mean ${meant}?` : `expected one of ${known.join(', ')}`
}
