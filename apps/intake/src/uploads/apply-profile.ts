import {
  MANDATORY_WITHOUT_PROFILE,
  isProfileName,
  showText,
  toUploadFields,
  type FieldFault,
} from '@importer/contracts'
import { findImportProfile, listImportProfileNames, type Database } from '@importer/db'
import { closest, distance } from 'fastest-levenshtein'

import type { ReceivedUpload } from '../http/receive-upload.ts'
import type { AppliedProfile } from './create-upload-import.ts'

type FormFields = Pick<ReceivedUpload, 'fields' | 'faults'>

/** A form with the fields that its profile gives. */
export type Completed<Form> = Form & { readonly profile: AppliedProfile | null }
export type CompletedUpload = Completed<ReceivedUpload>

const FIELD = 'profile'

/**
 * Completes an upload by the profile that it names: its own fields win. A profile that is not there is a fault beside
 * those of the file, and whoever reads the form reports it with all others.
 */
export async function applyProfile<Form extends FormFields>(
  database: Database,
  orgId: number,
  upload: Form,
): Promise<Completed<Form>> {
  const given = upload.fields[FIELD]
  if (given === undefined) return { ...upload, profile: null }
  if (typeof given !== 'string') {
    return refuse(upload, 'REPEATED_FIELD', `${FIELD} is there more than once; expected one value`)
  }
  const name = given.trim().normalize('NFC')
  if (name === '') return { ...upload, profile: null }
  const found = isProfileName(name) ? await findImportProfile(database, { orgId, name }) : null
  if (found === null) return refuse(upload, 'IMPORT_PROFILE_NOT_FOUND', await explainUnknown(database, orgId, name))

  const saved = toUploadFields(found.options)
  const own = Object.entries(upload.fields).filter(([field, value]) => !isLeftOut(field, value))
  const fields = { ...saved, ...Object.fromEntries(own) }
  const givesColumns = saved['uploadHeaders'] !== undefined && fields['uploadHeaders'] === saved['uploadHeaders']
  return { ...upload, fields, profile: { name: found.name, version: found.version, givesColumns } }
}

/** Left empty, a mandatory field is as good as absent: a form sends all that it has. */
function isLeftOut(field: string, value: unknown): boolean {
  return MANDATORY_WITHOUT_PROFILE.has(field) && typeof value === 'string' && value.trim() === ''
}

function refuse<Form extends FormFields>(upload: Form, code: FieldFault['code'], message: string): Completed<Form> {
  return { ...upload, faults: [{ code, field: FIELD, message }, ...upload.faults], profile: null }
}

/** Without those that a profile which is not there may have prevented: what it might have given is no fault of the upload. */
export function dropFollowingFaults(faults: readonly FieldFault[]): readonly FieldFault[] {
  if (!faults.some(({ field }) => field === FIELD)) return faults
  return faults.filter(({ code }) => code !== 'MISSING_FIELD' && code !== 'MISSING_KEY')
}

async function explainUnknown(database: Database, orgId: number, name: string): Promise<string> {
  const names = await listImportProfileNames(database, orgId)
  return `${FIELD} is "${showText(name)}", and there is no such profile; ${suggestProfile(names, name)}`
}

const SHOWN_NAMES = 10

function suggestProfile(names: readonly string[], name: string): string {
  if (names.length === 0) return 'nobody has saved one yet: expected no profile, or save it first'
  const near = closest(
    name.toLowerCase(),
    names.map((known) => known.toLowerCase()),
  )
  const known = names.find((other) => other.toLowerCase() === near) ?? ''
  const isNear = distance(name.toLowerCase(), near) <= Math.max(1, Math.floor(near.length / 3))
  if (isNear) return `did you mean "${known}"?`
  const shown = names.slice(0, SHOWN_NAMES).map((other) => `"${other}"`)
  return `expected ${shown.join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`
}
