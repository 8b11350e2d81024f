import {
  isNamedDateFormat,
  isStorableText,
  showText,
  uploadOptions,
  type FieldFault,
  type UploadOptions,
} from '@importer/contracts'
import type { JsonObject } from '@importer/db'

import type { ReceivedUpload } from '../http/receive-upload.ts'
import { describeExpectation, describeIssues } from '../native-api/check-value.ts'
import { findInexactNumber } from './find-inexact-number.ts'

/** The optional fields of an upload, or what is wrong with them. */
export interface ReadUploadOptions {
  /** Undefined after a fault. */
  readonly options: UploadOptions | undefined
  readonly metadata: JsonObject | null
  readonly faults: readonly FieldFault[]
}

type OptionName = keyof UploadOptions

/**
 * Reads the optional fields of an upload. `checkUrl` says what is wrong with a callback URL; fields that are `ignored` are
 * as if they were not there.
 */
export function readUploadOptions(
  fields: ReceivedUpload['fields'],
  checkUrl: (url: string) => string | null,
  ignored: readonly OptionName[] = [],
): ReadUploadOptions {
  const names = (Object.keys(uploadOptions.shape) as OptionName[]).filter((name) => !ignored.includes(name))
  const given = Object.fromEntries(
    names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  )
  const result = uploadOptions.safeParse(given, { error: describeExpectation })
  if (!result.success) return { options: undefined, metadata: null, faults: describeIssues(result.error, given) }
  const faults: FieldFault[] = []
  const { callbackUrl, dateFormat, timeZone } = result.data
  const metadata = readMetadata(result.data.metadata, faults)
  const callbackFault = callbackUrl === undefined ? null : checkUrl(callbackUrl)
  if (callbackFault !== null) {
    faults.push({ code: 'INVALID_URL', field: 'callbackUrl', message: `callbackUrl: ${callbackFault}` })
  }
  if (timeZone === undefined && !isNamedDateFormat(dateFormat)) {
    const message = `timeZone is missing; dateFormat "${dateFormat}" is a pattern, so expected the IANA name of a time zone such as Europe/Berlin`
    faults.push({ code: 'MISSING_FIELD', field: 'timeZone', message })
  }
  return { options: result.data, metadata, faults }
}

function readMetadata(text: string | undefined, faults: FieldFault[]): JsonObject | null {
  if (text === undefined || text.trim() === '') return null
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && isStorable(value)) {
    const number = findInexactNumber(text)
    if (number === null) return value
    const message = `metadata holds the number ${showText(number)}, which would be kept as ${Number(number)}; expected numbers of up to 15 digits, or text in quotes`
    faults.push({ code: 'INVALID_VALUE', field: 'metadata', message })
    return null
  }
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
