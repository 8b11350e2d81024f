import { MANDATORY_WITHOUT_PROFILE, inspectForm, parseColumnReferences, type FieldFault } from '@importer/contracts'
import type { WantedReading } from '@importer/imports'

import { ApiError } from '../http/api-error.ts'
import type { ReceivedForm } from '../http/receive-upload.ts'
import type { Completed } from '../uploads/apply-profile.ts'
import { readCommonForm } from '../uploads/accept-form.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'
import { findUnknownFields } from './upload-options.ts'

const KNOWN_FIELDS = Object.keys(inspectForm.shape)

interface InspectRequest<Kept> {
  readonly file: Kept
  readonly wanted: WantedReading
}

/**
 * Checks the fields of an inspection as those of an upload. Throws 400 with every fault, but for what a person who has not
 * chosen everything yet can still choose: that becomes a part of the answer. `checkUrl` says what is wrong with a
 * callback URL.
 */
export function readInspectForm<Kept>(
  received: Completed<ReceivedForm<Kept>>,
  checkUrl: (url: string) => string | null,
): InspectRequest<Kept> {
  const form = readCommonForm(received, parseColumnReferences)
  const { options, faults: optionFaults } = readUploadOptions(received.fields, checkUrl)
  const faults = [...form.faults, ...optionFaults, ...findUnknownFields(received.fields, KNOWN_FIELDS)].filter(
    ({ code, field }) => !(code === 'MISSING_FIELD' && MANDATORY_WITHOUT_PROFILE.has(field)),
  )
  const [first, ...others] = faults.filter((fault) => !canStillBeChosen(fault))
  if (first !== undefined) throw new ApiError(400, [first, ...others])
  const { file, customerIdentifier, couponIdentifier, columns } = form
  if (file === null || options === undefined) throw new Error('a form lacks a part without a fault that says so')
  const { profile } = received
  const hasDateFormat = received.fields['dateFormat'] !== undefined
  const used = profile === null ? null : { name: profile.name, version: profile.version }
  const identifiers = { customerIdentifier, couponIdentifier }
  const hasProfileColumns = profile?.givesColumns === true
  const wanted = { ...identifiers, columns, options, hasDateFormat, faults, profile: used, hasProfileColumns }
  return { file, wanted }
}

function canStillBeChosen({ code, field }: FieldFault): boolean {
  return code === 'MISSING_KEY' || (code === 'MISSING_FIELD' && field === 'timeZone')
}
