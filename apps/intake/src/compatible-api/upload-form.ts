import { parseColumnReferences, parseUploadHeaders } from '@importer/contracts'

import type { CompletedUpload } from '../uploads/apply-profile.ts'
import { acceptForm, readCommonForm } from '../uploads/accept-form.ts'
import type { AcceptedUpload } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'

/** Of the optional fields that the native API has, all but this one. */
const IGNORED_OPTIONS = ['dryRun'] as const

/** Checks the fields of an upload. Throws 400 with every fault in them. `checkUrl` says what is wrong with a callback URL. */
export function readCompatibleUpload(
  upload: CompletedUpload,
  checkUrl: (url: string) => string | null,
): AcceptedUpload {
  // The documented form has positions only; a saved profile may have names.
  const parseColumns = upload.profile?.givesColumns === true ? parseColumnReferences : parsePositions
  const options = readUploadOptions(upload.fields, checkUrl, IGNORED_OPTIONS)
  return acceptForm(upload, readCommonForm(upload, parseColumns), options)
}

function parsePositions(...declared: Parameters<typeof parseUploadHeaders>): ReturnType<typeof parseColumnReferences> {
  const result = parseUploadHeaders(...declared)
  return result.ok ? { ok: true, columns: result.positions } : result
}
