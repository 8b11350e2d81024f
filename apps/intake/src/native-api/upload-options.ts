import { parseColumnReferences, showText, uploadOptions, type FieldFault } from '@importer/contracts'
import { closest, distance } from 'fastest-levenshtein'

import type { ReceivedUpload } from '../http/receive-upload.ts'
import type { CompletedUpload } from '../uploads/apply-profile.ts'
import { acceptForm, readCommonForm } from '../uploads/accept-form.ts'
import type { AcceptedUpload } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'

/** Checks the fields of an upload. Throws 400 with every fault in them. `checkUrl` says what is wrong with a callback URL. */
export function readNativeUpload(upload: CompletedUpload, checkUrl: (url: string) => string | null): AcceptedUpload {
  const form = readCommonForm(upload, parseColumnReferences)
  const options = readUploadOptions(upload.fields, checkUrl)
  return acceptForm(upload, form, options, findUnknownFields(upload.fields, KNOWN_FIELDS))
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
