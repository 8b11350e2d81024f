import {
  isStorableText,
  parseColumnReferences,
  uploadOptions,
  type ColumnReferences,
  type CouponIdentifier,
  type CustomerIdentifier,
  type FieldFault,
  type UploadOptions,
} from '@importer/contracts'
import type { JsonObject } from '@importer/db'

import { readCommonForm } from '../compatible-api/upload-form.ts'
import { ApiError } from '../http/api-error.ts'
import type { ReceivedFile, ReceivedUpload } from '../http/receive-upload.ts'
import { describeIssues } from './check-value.ts'

/** A native upload whose every part is as it should be, as far as can be said without looking into the file. */
export interface NativeUpload {
  readonly file: ReceivedFile
  readonly identifiers: { readonly customerIdentifier: CustomerIdentifier; readonly couponIdentifier: CouponIdentifier }
  readonly columns: ColumnReferences
  readonly details: string | null
  readonly options: Omit<UploadOptions, 'metadata'>
  readonly metadata: JsonObject | null
}

const OPTION_NAMES = Object.keys(uploadOptions.shape)

/** Judges the fields of an upload. Throws 400 with every fault in them. `judgeUrl` says what is wrong with a callback URL. */
export function readNativeUpload(upload: ReceivedUpload, judgeUrl: (url: string) => string | null): NativeUpload {
  const form = readCommonForm(upload, parseColumnReferences)
  const given = Object.fromEntries(
    OPTION_NAMES.filter((name) => upload.fields[name] !== undefined).map((name) => [name, upload.fields[name]]),
  )
  const result = uploadOptions.safeParse(given)
  const faults: FieldFault[] = [...form.faults, ...(result.success ? [] : describeIssues(result.error, given))]
  const metadata = result.success ? readMetadata(result.data.metadata, faults) : null
  const callbackFault = result.data?.callbackUrl === undefined ? null : judgeUrl(result.data.callbackUrl)
  if (callbackFault !== null)
    faults.push({ code: 'INVALID_URL', field: 'callbackUrl', message: `callbackUrl: ${callbackFault}` })

  const [first, ...others] = faults
  if (first !== undefined) throw new ApiError(400, [first, ...others])
  const { file, customerIdentifier, couponIdentifier, columns, details } = form
  if (!file || !customerIdentifier || !couponIdentifier || !columns || !result.success) {
    throw new Error('an upload form lacks a part without a fault that says so')
  }
  return {
    file,
    identifiers: { customerIdentifier, couponIdentifier },
    columns,
    details,
    options: result.data,
    metadata,
  }
}

function readMetadata(text: string | undefined, faults: FieldFault[]): JsonObject | null {
  if (text === undefined || text.trim() === '') return null
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && isStorable(value)) return value
  faults.push({
    code: 'INVALID_JSON',
    field: 'metadata',
    message:
      'metadata is no JSON object without NUL characters and unpaired surrogates; expected one such as {"source": "pos"}',
  })
  return null
}

/** Names and values, however deep. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, part]) => isStorableText(name) && isStorable(part))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
